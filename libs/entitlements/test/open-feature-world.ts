import { connectNats, type NatsConnection } from '@leadwire/messaging';
import { TestNats, TestRights } from '@leadwire/testing';
import {
  AsyncLocalStorageTransactionContextPropagator,
  OpenFeature,
  type Client,
  type EvaluationContext,
  type EvaluationDetails,
  type FlagEvaluationOptions,
  type JsonValue,
} from '@openfeature/server-sdk';
import { LeadwireFlagProvider, type FlagRow } from '../src/index.js';
import { startProcess, type TestProcess } from './process.js';

/** One fallback of every kind of value that a flag may have. */
export const EVERY_KIND: JsonValue[] = [false, 'bye', 1, 0.1, { a: 1 }];

/** A broker with flags on it, and a process that reads them through OpenFeature. */
export class OpenFeatureWorld {
  private constructor(
    readonly nats: TestNats,
    private readonly connection: NatsConnection,
    readonly rights: TestRights,
    private readonly process: TestProcess,
    readonly client: Client,
  ) {}

  static async start(flags: Record<string, FlagRow>): Promise<OpenFeatureWorld> {
    const nats = await TestNats.start();
    const connection = await connectNats(nats.url, 'test');
    const rights = new TestRights(connection).serve();
    await rights.changeForEverybody(flags);
    const process = await startProcess(nats.url);
    OpenFeature.setTransactionContextPropagator(new AsyncLocalStorageTransactionContextPropagator());
    await OpenFeature.setProviderAndWait('leadwire', process.app.get(LeadwireFlagProvider));
    return new OpenFeatureWorld(nats, connection, rights, process, OpenFeature.getClient('leadwire'));
  }

  /** Evaluates a flag as the kind of value that the fallback is. */
  async ask(
    key: string,
    fallback: JsonValue,
    context: EvaluationContext = {},
    { of = this.client, ...options }: FlagEvaluationOptions & { of?: Client } = {},
  ): Promise<EvaluationDetails<JsonValue>> {
    switch (typeof fallback) {
      case 'boolean':
        return of.getBooleanDetails(key, fallback, context, options);
      case 'string':
        return of.getStringDetails(key, fallback, context, options);
      case 'number':
        return of.getNumberDetails(key, fallback, context, options);
      default:
        return of.getObjectDetails(key, fallback, context, options);
    }
  }

  async stop(): Promise<void> {
    await OpenFeature.close();
    await this.process.stop();
    await this.connection.close();
    await this.nats.stop();
  }
}
