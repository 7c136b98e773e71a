import { isIP } from 'node:net';
import { AppError } from '@leadwire/kernel';
import { resolvePublicHost } from '@leadwire/security';
import SmtpConnection from 'nodemailer/lib/smtp-connection';

const CONNECT_TIMEOUT_MS = 15_000;
const GREETING_TIMEOUT_MS = 15_000;
/** RFC 5321 §4.5.3.2.6 lets a server think for ten minutes after the data; five is what well-run ones stay under. */
const SOCKET_TIMEOUT_MS = 300_000;

/** A mail server and how to log in. */
export type MailServer = {
  host: string;
  port: number;
  secure: boolean;
  username: string | null;
  password: string | null;
};

export type SmtpFailure = Error & {
  code?: string;
  responseCode?: number;
  response?: string;
  command?: string;
  originalCode?: string;
};

/** The address to connect to, vetted. `isPrivate` only where private addresses are allowed at all. */
export async function vetHost(
  host: string,
  allowPrivate: boolean,
): Promise<{ address: string; isPrivate: boolean }> {
  try {
    return { address: await resolvePublicHost(host), isPrivate: false };
  } catch (error) {
    if (!allowPrivate || !(error instanceof AppError) || error.code !== 'outbound.host_refused') throw error;
    return { address: await resolvePublicHost(host, true), isPrivate: true };
  }
}

/**
 * A connection that is ready to send: connected to the vetted address, encrypted (required for public servers, whose
 * certificate must hold) and logged in.
 * @throws AppError `outbound.*` for a host that may not be reached; SmtpFailure for what the server or network did
 */
export async function openConnection(server: MailServer, allowPrivate: boolean): Promise<SmtpConnection> {
  const { address, isPrivate } = await vetHost(server.host, allowPrivate);
  const connection = new SmtpConnection({
    host: address,
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && !isPrivate,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    tls: { rejectUnauthorized: !isPrivate, ...(isIP(server.host) ? {} : { servername: server.host }) },
  });
  try {
    await connected(connection);
    if (server.username) await loggedIn(connection, { user: server.username, pass: server.password ?? '' });
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function connected(connection: SmtpConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays for good: an error nobody listens to would end the process, and each one also reaches its own caller.
    connection.on('error', reject);
    connection.once('end', () => reject(closed()));
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

function loggedIn(connection: SmtpConnection, credentials: { user: string; pass: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject);
    connection.once('end', () => reject(closed()));
    connection.login({ credentials }, (error) => (error ? reject(error) : resolve()));
  });
}

const closed = () => Object.assign(new Error('The server closed the connection.'), { code: 'ECONNECTION' });

/** What went wrong, in at most 500 characters and on one line. */
export function describeFailure(error: unknown): string {
  const text = error instanceof Error ? ((error as SmtpFailure).response ?? error.message) : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
