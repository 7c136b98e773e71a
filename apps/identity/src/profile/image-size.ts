export type ImageSize = { width: number; height: number };

const PNG_HEADER_BYTES = 24;
/** Markers that begin a frame and so carry its size: SOF0–SOF15 without DHT, JPG and DAC (ITU-T T.81, table B.1). */
const isStartOfFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/**
 * How large a picture says it is, read from its head without decoding it: a small file may claim to unfold to gigabytes.
 * @returns undefined when the head is broken
 */
export function imageSize(file: Buffer, contentType: string): ImageSize | undefined {
  try {
    if (contentType === 'image/png') return pngSize(file);
    if (contentType === 'image/jpeg') return jpegSize(file);
    return contentType === 'image/webp' ? webpSize(file) : undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    // Reading past the end: the head is cut off.
    if (code === 'ERR_OUT_OF_RANGE' || code === 'ERR_BUFFER_OUT_OF_BOUNDS') return undefined;
    throw error;
  }
}

function pngSize(file: Buffer): ImageSize | undefined {
  if (file.length < PNG_HEADER_BYTES || file.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}

function jpegSize(file: Buffer): ImageSize | undefined {
  let at = 2;
  while (at < file.length) {
    if (file.readUInt8(at) !== 0xff) return undefined;
    const marker = file.readUInt8(at + 1);
    // A marker may be preceded by fill bytes.
    if (marker === 0xff) at += 1;
    else if (isStartOfFrame(marker))
      return { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7) };
    else at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

/** WebP container: lossy (`VP8 `), lossless (`VP8L`) and extended (`VP8X`) write their size differently (RFC 9649 §2). */
function webpSize(file: Buffer): ImageSize | undefined {
  switch (file.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const bits = file.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}
