import { createHmac } from 'node:crypto';

/** The `Stripe-Signature` of a body: one `v1` for each secret, so that both are good while one replaces the other. */
export function signatureOf(body: string, secrets: readonly string[], timestamp: number): string {
  const signatures = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex'),
  );
  return [`t=${timestamp}`, ...signatures.map((signature) => `v1=${signature}`)].join(',');
}
