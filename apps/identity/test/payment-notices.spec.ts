import { AutoTopUpDeclined, TopUpReversed } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually, MailSink, type TestService } from '@leadwire/testing';
import { signUp, startIdentity } from './identity-client.js';

describe('what owners are mailed about payments by card', () => {
  let service: TestService;
  let sink: MailSink;

  beforeAll(async () => {
    sink = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: sink.url });
  });
  afterAll(async () => {
    await service.stop();
    await sink.stop();
  });

  const declined = {
    topUpId: newId(),
    amount: '50.000000',
    currency: 'USD',
    reason: 'insufficient_funds',
    switchedOff: false,
    nextAttemptAt: '2026-12-15T08:30:00.000Z',
  };
  const reversed = {
    topUpId: newId(),
    origin: 'checkout' as const,
    amount: '50.000000',
    currency: 'USD',
    kind: 'dispute' as const,
    reversed: '50.000000',
    owed: '20.000000',
  };

  it('a declined card says why and when it is tried again, once', async () => {
    const { tenant, user } = await signUp(service, { tenantName: 'Acme' });
    const id = newId();
    for (let i = 0; i < 2; i++)
      await service.publish(AutoTopUpDeclined, {
        tenantId: tenant.id,
        data: declined,
        id,
        messageId: newId(),
      });
    const mail = await sink.waitFor(user.email, 'Acme could not be topped up');
    expect(mail.text).toContain('USD 50.00 could not be charged');
    expect(mail.text).toContain('insufficient funds');
    expect(mail.text).toContain('tried again on 2026-12-15 08:30 (UTC)');
    expect(mail.text).toContain('/billing/top-ups');
    await service.publish(AutoTopUpDeclined, {
      tenantId: tenant.id,
      data: { ...declined, reason: 'authentication_required', switchedOff: true, nextAttemptAt: null },
    });
    const last = await eventually(() =>
      sink.to(user.email).find(({ text }) => text.includes('switched off now')),
    );
    expect(last.text).toContain('confirm the payment yourself');
    expect(sink.to(user.email).filter(({ subject }) => subject.includes('topped up'))).toHaveLength(2);
  });

  it('a disputed payment says what is owed, and that the wallet is suspended', async () => {
    const { tenant, user } = await signUp(service, { tenantName: 'Acme' });
    await service.publish(TopUpReversed, { tenantId: tenant.id, data: reversed });
    const mail = await sink.waitFor(user.email, 'is disputed');
    expect(mail.text).toContain('USD 50.00 back');
    expect(mail.text).toContain('USD 20.00 of it was spent already');
    expect(mail.text).toContain('suspended');
    await service.publish(TopUpReversed, {
      tenantId: tenant.id,
      data: { ...reversed, kind: 'refund', owed: '0.000000' },
    });
    const refund = await sink.waitFor(user.email, 'was refunded');
    expect(refund.text).not.toContain('spent already');
  });
});
