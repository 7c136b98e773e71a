/** A payment at the provider that cannot be ours as it stands: no later try would change that, somebody must look. */
export class PaymentMismatch extends Error {
  override readonly name = 'PaymentMismatch';
}
