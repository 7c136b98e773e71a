import { accountsApi, emailsApi, passwordsApi, profileApi } from '@leadwire/contracts';
import { eventually, MailSink, SmsSink, type TestService } from '@leadwire/testing';
import {
  anonymous,
  captureLog,
  PASSWORD,
  signedIn,
  signUp,
  startIdentity,
  travel,
} from './identity-client.js';

const PHONE = '+4915112345678';
const NEW_PASSWORD = 'another horse, another battery';

describe('what is logged and announced of links, codes and passwords', () => {
  let service: TestService;
  let mails: MailSink;
  let texts: SmsSink;

  beforeAll(async () => {
    mails = await MailSink.start();
    texts = await SmsSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: mails.url, ...texts.env });
  });
  afterAll(async () => {
    await service.stop();
    await mails.stop();
    await texts.stop();
  });

  it('is none of them, and no address or number either, also when mails and texts fail', async () => {
    const lines = captureLog(service);
    mails.refuse = () => 451;
    texts.refuse = () => 500;
    const session = await signUp(service, { email: 'quiet@example.com' });
    const ctx = signedIn(session);
    await service.client(profileApi).update(ctx, { phone: PHONE });
    await service.client(profileApi).sendPhoneCode(ctx, {});
    await service.client(passwordsApi).requestReset(anonymous(), { email: 'quiet@example.com' });
    await service.client(emailsApi).requestChange(ctx, { email: 'louder@example.com', password: PASSWORD });
    const putOff = () => lines.filter((line) => line.includes('a delivery was put off')).length;
    await eventually(() => putOff() >= 5);
    mails.refuse = () => undefined;
    texts.refuse = () => undefined;
    travel(service, 6_000);
    const links = [
      await mails.tokenFor('quiet@example.com', 'Confirm your'),
      await mails.tokenFor('quiet@example.com', 'Set a new'),
      await mails.tokenFor('louder@example.com', 'Confirm your new'),
    ];
    const code = await texts.codeFor(PHONE);
    await service.client(emailsApi).verify(anonymous(), { token: links[0] as string });
    const reset = { token: links[1] as string, password: NEW_PASSWORD };
    await service.client(passwordsApi).reset(anonymous(), reset);
    await expect(service.client(passwordsApi).reset(anonymous(), reset)).rejects.toThrow();
    await expect(
      service
        .client(accountsApi)
        .logIn(anonymous(), { email: 'quiet@example.com', password: 'a wrong guess' }),
    ).rejects.toThrow();

    const logged = lines.join('');
    const events = JSON.stringify(
      await service.database.query('SELECT payload, metadata FROM identity.domain_events'),
    );
    expect(logged).toContain('account.link_invalid');
    expect(links).toHaveLength(3);
    for (const secret of [
      ...links,
      PASSWORD,
      NEW_PASSWORD,
      'a wrong guess',
      'sms-secret',
      PHONE,
      'louder@example.com',
    ]) {
      expect(secret.length).toBeGreaterThan(5);
      expect(logged).not.toContain(secret);
      expect(events).not.toContain(secret);
    }
    expect(logged).not.toContain('quiet@example.com');
    // Ids have digits too, but never six between boundaries.
    expect(`${logged}${events}`).not.toMatch(new RegExp(`\\b${code}\\b`));
  });
});
