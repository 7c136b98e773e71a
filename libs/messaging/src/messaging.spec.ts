import { AppError, newCtx, newId, requestErrors } from '@leadwire/kernel';
import { CtxSigner, CtxVerifier } from '@leadwire/security';
import {
  checkRight,
  ctxOf,
  decodeError,
  encodeError,
  envelopeOf,
  eventHeaders,
  narrowestFilter,
  requestHeaders,
} from './index.js';

describe('a request on the wire', () => {
  const key = Buffer.alloc(32, 1);

  it('carries who calls, until when, and in which trace', () => {
    const ctx = newCtx({
      tenantId: newId(),
      userId: newId(),
      capabilities: new Set(['leads.read']),
      idempotencyKey: 'k\tPOST /x',
    });
    const read = ctxOf(
      requestHeaders(ctx, new CtxSigner('gateway', key)),
      new CtxVerifier(new Map([['gateway', key]])),
    );
    expect(read).toEqual(ctx);
  });

  it('brings the public part of an error across, and nothing that is internal', () => {
    const wire = encodeError(
      requestErrors.invalid({ internal: 'the secret', errors: [{ pointer: '/a', code: 'x', detail: 'y' }] }),
    );
    expect(wire).not.toContain('the secret');
    expect(decodeError(Buffer.from(wire))).toMatchObject({
      code: 'request.invalid',
      kind: 'invalid',
      details: { errors: [{ pointer: '/a' }] },
    });
    expect(decodeError(Buffer.from('not json'))).toMatchObject({ code: 'request.internal' });
  });

  it.each([
    ['public', newCtx({ actor: 'anonymous' }), undefined],
    ['signed-in', newCtx({ actor: 'anonymous' }), 'request.unauthenticated'],
    ['signed-in', newCtx({ tenantId: newId() }), undefined],
    ['signed-in', newCtx({ tenantId: newId(), actor: 'api-key' }), 'request.forbidden'],
    ['leads.read', newCtx({ tenantId: newId() }), 'request.forbidden'],
    ['leads.read', newCtx({ tenantId: newId(), capabilities: new Set(['leads.read']) }), undefined],
    ['leads.read', newCtx({ capabilities: new Set(['leads.read']) }), 'request.unauthenticated'],
  ])('needs the right %s', (right, ctx, code) => {
    const outcome = () => checkRight(ctx, right);
    if (code) expect(outcome).toThrow(expect.objectContaining({ code }) as unknown as AppError);
    else expect(outcome).not.toThrow();
  });
});

describe('an event on the wire', () => {
  it('is a CloudEvent in binary mode, and is read back whole', () => {
    const id = newId();
    const out = eventHeaders({
      id,
      tenantId: newId(),
      type: 'leads.lead.created',
      aggregateId: newId(),
      payload: '{}',
      occurredAt: '2026-11-22T12:00:00.000Z',
      metadata: {
        version: 3,
        actor: 'user',
        userId: newId(),
        correlationId: newId(),
        causationId: null,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    expect(out.get('ce-specversion')).toBe('1.0');
    expect(out.get('ce-source')).toBe('/leadwire/leads');
    // Two events of one aggregate within the duplicate window must both arrive.
    expect(out.get('Nats-Msg-Id')).toBe(id);
    expect(envelopeOf(out)).toMatchObject({
      id,
      type: 'leads.lead.created',
      aggregateVersion: 3,
      actor: 'user',
    });
  });

  it('cannot be given further headers by who calls us', () => {
    const out = eventHeaders({
      id: newId(),
      tenantId: newId(),
      type: 'leads.lead.created',
      aggregateId: newId(),
      payload: '{}',
      occurredAt: '2026-11-22T12:00:00.000Z',
      metadata: {
        version: 0,
        actor: 'user',
        userId: null,
        correlationId: 'a\r\nce-tenantid: other',
        causationId: null,
        traceparent: 'b\nx: y',
      },
    });
    expect(out.get('ce-correlationid')).toBe('a  ce-tenantid: other');
    expect(out.get('traceparent')).toBe('b x: y');
  });

  it('is none of ours without its attributes', () => {
    expect(envelopeOf(undefined)).toBeUndefined();
  });
});

describe('the filter of a consumer', () => {
  it.each([
    [['leads.lead.created'], 'evt.leads.lead.created.*'],
    [['leads.lead.created', 'leads.lead.updated'], 'evt.leads.lead.*.*'],
    [['leads.lead.created', 'leads.import.finished'], 'evt.leads.*.*.*'],
    [['leads.lead.created', 'billing.wallet.topped-up'], 'evt.*.*.*.*'],
  ])('of %p is the narrowest that covers them: %s', (types, filter) => {
    expect(narrowestFilter(types)).toBe(filter);
  });
});
