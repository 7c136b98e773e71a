import { quotaOperatorsApi, reservationsApi } from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import { clientOf, connectNats, ensureStreams, RpcClient } from '@leadwire/messaging';
import { CtxSigner } from '@leadwire/security';
import { BillingProcess, migrateBilling } from './billing-process.ts';
import { startInfrastructure } from './infrastructure.ts';
import { quantile } from './machine.ts';

const CALLERS = 64;
const WARM_UP_MS = 2_000;
const ROUND_MS = 6_000;
const TTL_SECONDS = 60;
const CHECKS = 200_000;
const FEATURE = 'voice';

/**
 * Calls that hold money as they go: 64 callers on one wallet, over the broker, who authorise, extend and capture in turn; and what
 * a question about a quota costs billing once it was asked before.
 */
export async function benchHolds(): Promise<{
  reservationP99Ms: number;
  reservationsPerSecond: number;
  quotaCheckUs: number;
}> {
  const infrastructure = await startInfrastructure();
  const connection = await connectNats(infrastructure.nats.url, 'bench');
  try {
    await ensureStreams(connection);
    await migrateBilling(infrastructure);
    const billing = await BillingProcess.start(infrastructure);
    try {
      const rpc = new RpcClient(connection, new CtxSigner('bench', billing.key));
      const tenantId = newId();
      const latencies = await hold(rpc, tenantId);
      const quota = { tenantId, feature: FEATURE, monthlyQuota: '1000000' };
      await clientOf(quotaOperatorsApi, rpc).set(systemCtx(''), quota);
      const quotaCheckUs = await billing.timeChecks({ tenantId, feature: FEATURE, checks: CHECKS });
      return {
        reservationP99Ms: quantile(latencies, 0.99),
        reservationsPerSecond: latencies.length / (ROUND_MS / 1000),
        quotaCheckUs,
      };
    } finally {
      await billing.stop();
    }
  } finally {
    await connection.close();
    await infrastructure.stop();
  }
}

/** How long each command took, in order. */
async function hold(rpc: RpcClient, tenantId: string): Promise<number[]> {
  const reservations = clientOf(reservationsApi, rpc);
  const from = performance.now() + WARM_UP_MS;
  const until = from + ROUND_MS;
  const latencies: number[] = [];
  const timed = async <T>(ask: () => Promise<T>): Promise<T> => {
    const asked = performance.now();
    const answer = await ask();
    if (asked >= from) latencies.push(performance.now() - asked);
    return answer;
  };
  const ctx = () => systemCtx(tenantId);
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const start = { key: newId(), amount: '0.05', ttlSeconds: TTL_SECONDS, unitPrice: '0.001' };
      const { reservationId } = await timed(() => reservations.authorise(ctx(), start));
      const more = { key: newId(), reservationId, amount: '0.05', ttlSeconds: TTL_SECONDS };
      await timed(() => reservations.extend(ctx(), more));
      const end = { key: newId(), reservationId, amount: '0.08', close: true };
      await timed(() => reservations.capture(ctx(), end));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return latencies.toSorted((a, b) => a - b);
}
