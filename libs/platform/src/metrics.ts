import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The numbers of one process, in Prometheus' format at `/metrics`. No tenant is ever a label: logs and traces have them. */
export class Metrics {
  readonly registry = new Registry();

  readonly rpcServed = this.histogram('leadwire_rpc_served_seconds', 'Requests served over NATS.', [
    'subject',
    'code',
  ]);
  readonly rpcCalled = this.histogram('leadwire_rpc_called_seconds', 'Requests sent over NATS.', [
    'subject',
    'code',
  ]);
  readonly http = this.histogram('leadwire_http_seconds', 'HTTP requests.', ['method', 'route', 'status']);
  readonly handled = this.histogram('leadwire_event_handled_seconds', 'Events handled.', [
    'consumer',
    'type',
  ]);
  readonly eventAge = this.histogram(
    'leadwire_event_age_seconds',
    'From a fact in one service to the end of its handling in another.',
    ['consumer', 'type'],
  );
  readonly handlerFailures = this.counter('leadwire_event_failures_total', 'Handlers that threw.', [
    'consumer',
    'type',
  ]);
  readonly redelivered = this.counter('leadwire_event_redelivered_total', 'Events delivered again.', [
    'consumer',
  ]);
  readonly buried = this.counter('leadwire_event_dead_letters_total', 'Events given up.', ['consumer']);
  readonly published = this.counter(
    'leadwire_outbox_published_total',
    'Events published from the outbox.',
    [],
  );
  readonly outboxPending = this.gauge(
    'leadwire_outbox_pending',
    'Events that wait in the outbox (leader only).',
    [],
  );
  readonly outboxAge = this.gauge(
    'leadwire_outbox_oldest_seconds',
    'Age of the oldest waiting event (leader only).',
    [],
  );
  readonly consumerLag = this.gauge('leadwire_consumer_lag', 'Events not yet delivered to a consumer.', [
    'consumer',
  ]);

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }

  counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
