import { randomBytes } from 'node:crypto';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Clock, SystemClock } from '@leadwire/kernel';
import {
  connectNats,
  NATS_CONNECTION,
  RpcClient,
  RpcClientsModule,
  type NatsConnection,
} from '@leadwire/messaging';
import { CtxSigner } from '@leadwire/security';
import { EntitlementsModule } from '../src/index.js';

/** A clock that a test moves. */
export class TestClock extends SystemClock {
  private movedMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.movedMs);
  }

  move(ms: number): void {
    this.movedMs += ms;
  }
}

@Module({})
class Process {
  static forRoot(nats: NatsConnection, rpc: RpcClient, clock: Clock): DynamicModule {
    const providers = [
      { provide: NATS_CONNECTION, useValue: nats },
      { provide: RpcClient, useValue: rpc },
      { provide: Clock, useValue: clock },
    ];
    return {
      module: Process,
      global: true,
      imports: [RpcClientsModule.forRoot(), EntitlementsModule.forRoot()],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

export type TestProcess = { app: INestApplicationContext; clock: TestClock; stop: () => Promise<void> };

/** A process with nothing but the broker and the entitlements, as every service has them. */
export async function startProcess(url: string): Promise<TestProcess> {
  const nats = await connectNats(url, 'process');
  const rpc = new RpcClient(nats, new CtxSigner('gateway', randomBytes(32)));
  const clock = new TestClock();
  const app = await NestFactory.createApplicationContext(Process.forRoot(nats, rpc, clock), {
    logger: false,
  });
  const stop = async () => {
    await app.close();
    await nats.close();
  };
  return { app, clock, stop };
}
