import { imageSize } from './image-size.js';
import { jpeg, png, webp } from '../../test/pictures.js';

describe('the size of a picture', () => {
  it.each([
    ['image/png', png(640, 480)],
    ['image/jpeg', jpeg(640, 480)],
    ['image/webp', webp('VP8 ', 640, 480)],
    ['image/webp', webp('VP8L', 640, 480)],
    ['image/webp', webp('VP8X', 640, 480)],
  ])('is read from the head of a file of %s', (type, file) =>
    expect(imageSize(file, type)).toEqual({ width: 640, height: 480 }),
  );

  it('is read however much it claims', () => {
    expect(imageSize(png(4_000_000_000, 1), 'image/png')).toEqual({ width: 4_000_000_000, height: 1 });
    expect(imageSize(webp('VP8X', 16_777_216, 2), 'image/webp')).toEqual({ width: 16_777_216, height: 2 });
  });

  it.each([
    ['image/png', png(1, 1)],
    ['image/jpeg', jpeg(1, 1)],
    ['image/webp', webp('VP8X', 1, 1)],
  ])('is unknown for every cut of a file of %s that ends in the head', (type, file) => {
    for (let bytes = 0; bytes < 24; bytes++) expect(imageSize(file.subarray(0, bytes), type)).toBeUndefined();
  });

  it('is unknown for a JPEG without a frame, and for what is no picture', () => {
    expect(imageSize(Buffer.from([0xff, 0xd8, 0xff, 0xd9]), 'image/jpeg')).toBeUndefined();
    expect(imageSize(Buffer.from('<svg width="1" height="1"></svg>'), 'image/svg+xml')).toBeUndefined();
  });
});
