import { Body, Controller, Headers, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { TextStore, type SentText } from './text-store.js';

/** Longer texts are refused by the API (error 21617). */
const BODY_LENGTH_MAX = 1_600;
const E164 = /^\+[1-9]\d{6,14}$/;
const SID = /^AC[0-9a-zA-Z]{1,64}$/;

/** Errors of the Messages API that we give, by their code (Twilio's error dictionary). */
const ERRORS: Readonly<Record<number, { status: number; message: string }>> = {
  20003: { status: 401, message: 'Authenticate' },
  21211: { status: 400, message: "Invalid 'To' Phone Number" },
  21602: { status: 400, message: 'Message body is required.' },
  21603: { status: 400, message: "A 'From' phone number is required." },
  21604: { status: 400, message: "A 'To' phone number is required." },
  21614: { status: 400, message: "'To' number is not a valid mobile number" },
  21617: { status: 400, message: 'The concatenated message body exceeds the 1600 character limit.' },
  30001: { status: 429, message: 'Queue overflow' },
};

/** Numbers that fail as those of Twilio's test credentials do; the last one is ours. */
const MAGIC_NUMBERS: Readonly<Record<string, number>> = {
  '+15005550001': 21211,
  '+15005550009': 21614,
  '+15005550429': 30001,
};

type Form = { To?: unknown; From?: unknown; Body?: unknown };

/** The part of Twilio's Messages API that sends a text. Any account and token will do, as long as there is one. */
@Controller('2010-04-01/Accounts/:account')
export class TwilioController {
  constructor(private readonly texts: TextStore) {}

  /** Takes a text for any phone and keeps it. */
  @Post('Messages.json')
  send(
    @Param('account') account: string,
    @Headers('authorization') authorization: string | undefined,
    @Body() form: Form | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): object {
    const code = isAccount(account, authorization) ? faultOf(form ?? {}) : 20003;
    if (code === undefined) {
      const { To, From, Body } = form as { To: string; From: string; Body: string };
      void reply.status(201);
      return toMessage(this.texts.add({ account, from: From, to: To, body: Body }));
    }
    const { status, message } = ERRORS[code] as { status: number; message: string };
    void reply.status(status);
    return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  }
}

function isAccount(account: string, authorization: string | undefined): boolean {
  const [scheme, credentials = ''] = authorization?.split(' ') ?? [];
  const [user, token] = Buffer.from(credentials, 'base64').toString().split(':');
  return SID.test(account) && scheme?.toLowerCase() === 'basic' && user === account && Boolean(token);
}

function faultOf({ To, From, Body }: Form): number | undefined {
  if (typeof To !== 'string' || To === '') return 21604;
  if (typeof From !== 'string' || From === '') return 21603;
  if (typeof Body !== 'string' || Body === '') return 21602;
  if (Body.length > BODY_LENGTH_MAX) return 21617;
  return MAGIC_NUMBERS[To] ?? (E164.test(To) ? undefined : 21211);
}

function toMessage({ sid, account, from, to, body, receivedAt }: SentText): object {
  return {
    sid,
    account_sid: account,
    api_version: '2010-04-01',
    body,
    date_created: new Date(receivedAt).toUTCString(),
    date_sent: null,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    status: 'queued',
    to,
    uri: `/2010-04-01/Accounts/${account}/Messages/${sid}.json`,
  };
}
