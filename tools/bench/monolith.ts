// The yardstick of the read part: the same query by the same data path in one bare Nest + Fastify + pg program.
import 'reflect-metadata';
import { Controller, Get, Module, NotFoundException, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import pg from 'pg';

const { DATABASE_URL, TENANT_ID, LEAD_QUERY, PORT } = process.env as Record<string, string>;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10, pipeline: true });

class LeadsController {
  async get(id: string): Promise<unknown> {
    const client = await pool.connect();
    const replies = await Promise.all([
      client.query('BEGIN READ ONLY'),
      client.query({
        name: 'set-tenant',
        text: `SELECT set_config('app.tenant_id', $1, true)`,
        values: [TENANT_ID],
      }),
      client.query({ name: 'lead', text: LEAD_QUERY as string, values: [TENANT_ID, id] }),
      client.query('COMMIT'),
    ]);
    client.release();
    const [lead] = replies[2].rows;
    if (!lead) throw new NotFoundException();
    return lead;
  }
}
Param('id')(LeadsController.prototype, 'get', 0);
Get(':id')(
  LeadsController.prototype,
  'get',
  Object.getOwnPropertyDescriptor(LeadsController.prototype, 'get') as never,
);
Controller('leads')(LeadsController);

class MonolithModule {}
Module({ controllers: [LeadsController] })(MonolithModule);

const app = await NestFactory.create(MonolithModule, new FastifyAdapter(), { logger: false });
await app.listen(Number(PORT), '127.0.0.1');
process.send?.('ready');
process.once(
  'SIGTERM',
  () =>
    void app
      .close()
      .then(() => pool.end())
      .then(() => process.exit(0)),
);
