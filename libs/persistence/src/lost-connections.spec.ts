import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { newId, systemCtx } from '@leadwire/kernel';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { TenantTransaction } from './tenant-transaction.js';

/** A message of the Postgres protocol: its type, its length, its content. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]);
const GOODBYE = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

describe('a server that ends a connection in the packet in which it opened it', () => {
  let server: Server;
  let pool: pg.Pool;

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([WELCOME, GOODBYE])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    pool = new pg.Pool({ host: '127.0.0.1', port, user: 'nobody', database: 'none', max: 2 });
    pool.on('error', () => undefined);
  });
  afterAll(async () => {
    await pool.end();
    server.close();
  });

  it('is a database that is away, not the end of the process', async () => {
    const source = { driver: { master: pool } } as unknown as DataSource;
    const tenant = new TenantTransaction(source, pool, { nudge: () => undefined });
    const ctx = systemCtx(newId());
    const away = { code: 'request.unavailable' };
    await expect(tenant.read(ctx, 'SELECT 1')).rejects.toMatchObject(away);
    await expect(tenant.run(ctx, (db) => db.query('SELECT 1'))).rejects.toMatchObject(away);
    await expect(tenant.copy(ctx, () => Promise.resolve())).rejects.toMatchObject(away);
  });
});
