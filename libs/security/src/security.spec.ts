import { randomBytes } from 'node:crypto';
import { newCtx, newId } from '@leadwire/kernel';
import { CtxSigner, CtxVerifier, KeyWrapper, resolvePublicHost, SecretBox, TokenSigner } from './index.js';

describe('a signed context', () => {
  const key = randomBytes(32);
  const signer = new CtxSigner('gateway', key);
  const verifier = new CtxVerifier(new Map([['gateway', key]]));
  const ctx = newCtx({ tenantId: newId(), userId: newId(), capabilities: new Set(['leads.read']) });

  it('says who calls, for which tenant, with which rights', () => {
    expect(verifier.verify(signer.sign(ctx))).toMatchObject({
      tenantId: ctx.tenantId,
      userId: ctx.userId,
      capabilities: new Set(['leads.read']),
    });
  });

  it('says where the request came from, also when the same session comes from elsewhere', () => {
    const here = { ...ctx, clientIp: '203.0.113.7', userAgent: 'curl/8 | null' };
    const there = { ...here, clientIp: '2001:db8::1' };
    expect(verifier.verify(signer.sign(here))).toMatchObject({
      clientIp: '203.0.113.7',
      userAgent: 'curl/8 | null',
    });
    expect(verifier.verify(signer.sign(there))).toMatchObject({ clientIp: '2001:db8::1' });
    expect(verifier.verify(signer.sign(ctx))).not.toHaveProperty('clientIp');
  });

  it('is refused when one character was changed', () => {
    const token = signer.sign(ctx);
    for (const at of [3, token.indexOf('.') + 4]) {
      const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(() => verifier.verify(forged)).toThrow(
        expect.objectContaining({ code: 'request.unauthenticated' }),
      );
    }
  });

  it('is refused from a caller that nobody trusts, and after its time', () => {
    expect(() => verifier.verify(new CtxSigner('stranger', key).sign(ctx))).toThrow();
    expect(() => verifier.verify(new CtxSigner('gateway', randomBytes(32)).sign(ctx))).toThrow();
    const token = signer.sign(ctx);
    expect(() => verifier.verify(token, Date.now() + 10 * 60_000)).toThrow();
    expect(() => verifier.verify(undefined)).toThrow();
  });

  it('differs between two sets of rights of one session', () => {
    const wider = { ...ctx, capabilities: new Set(['leads.read', 'leads.write']) };
    expect(verifier.verify(signer.sign(wider)).capabilities.has('leads.write')).toBe(true);
    expect(verifier.verify(signer.sign(ctx)).capabilities.has('leads.write')).toBe(false);
  });
});

describe('a sealed secret', () => {
  const place = { tenantId: newId(), table: 'email_accounts', column: 'smtp_password', rowId: newId() };
  const wrapper = new KeyWrapper(randomBytes(32));
  const box = wrapper.unwrap(place.tenantId, wrapper.newWrappedKey(place.tenantId));

  it('opens where it was sealed', () => {
    expect(box.open(place, box.seal(place, 'pässwörd'))).toBe('pässwörd');
  });

  it('never looks the same twice and never shows what is in it', () => {
    expect(box.seal(place, 'same')).not.toBe(box.seal(place, 'same'));
    expect(box.seal(place, 'findme')).not.toContain('findme');
  });

  it('does not open in another row, column, table or tenant', () => {
    const sealed = box.seal(place, 'secret');
    for (const moved of [
      { rowId: newId() },
      { column: 'other' },
      { table: 'other' },
      { tenantId: newId() },
    ]) {
      expect(() => box.open({ ...place, ...moved }, sealed)).toThrow();
    }
  });

  it('does not open under another key, and a data key not for another tenant', () => {
    expect(() => new SecretBox(randomBytes(32)).open(place, box.seal(place, 'secret'))).toThrow();
    expect(() => wrapper.unwrap(newId(), wrapper.newWrappedKey(place.tenantId))).toThrow();
  });
});

describe('a signed token', () => {
  const signer = new TokenSigner(randomBytes(32));

  it('opens for its purpose only', () => {
    const token = signer.seal('leads', ['2026-01-01', 'x']);
    expect(signer.open('leads', token)).toEqual(['2026-01-01', 'x']);
    expect(signer.open('notes', token)).toBeUndefined();
    expect(signer.open('leads', `x${token}`)).toBeUndefined();
    expect(signer.open('leads', 'nonsense')).toBeUndefined();
  });
});

describe('a host that a tenant names', () => {
  it.each([
    ['127.0.0.1'],
    ['10.1.2.3'],
    ['169.254.169.254'],
    ['::1'],
    ['0.0.0.0'],
    ['::ffff:127.0.0.1'],
    ['localhost'],
  ])('is refused when it is %s', async (host) => {
    await expect(resolvePublicHost(host)).rejects.toMatchObject({ code: 'outbound.host_refused' });
  });

  it('may be private where the operator allows it', async () => {
    expect(await resolvePublicHost('127.0.0.1', true)).toBe('127.0.0.1');
  });

  it('is told to be unknown when it does not resolve', async () => {
    await expect(resolvePublicHost('no-such-host.invalid')).rejects.toMatchObject({
      code: 'outbound.host_unknown',
    });
  });
});
