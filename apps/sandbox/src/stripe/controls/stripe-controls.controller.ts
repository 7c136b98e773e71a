import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { Int, OneOf, parseInput, Text, TextList } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import type Stripe from 'stripe';
import { parseQuery } from '../../mails/mails.input.js';
import { closeDispute, DISPUTE_REASONS, openDispute, type DisputeReason } from '../payments/disputing.js';
import { settleDebit } from '../payments/checkout.js';
import { requireStatus } from '../payments/paying.js';
import { failRefund } from '../payments/refunding.js';
import { StripeState } from '../state/stripe-state.js';
import { WebhookEndpoint, type Endpoint } from '../webhooks/webhook-endpoint.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { toPayment, type PaymentView } from './payment-view.js';

const PAYMENTS_DEFAULT = 50;
const PAYMENTS_MAX = 1_000;
const ID_MAX = 100;
const URL_MAX = 2_000;
const SECRET_MAX = 200;
/** The old one and the new one, while one replaces the other. */
const SECRETS_MAX = 2;

export class ListPayments {
  @Int({ min: 1, max: PAYMENTS_MAX, optional: true }) limit?: number;
}

export class SetWebhookEndpoint {
  @Text({ max: URL_MAX, description: 'empty: webhooks are not sent' }) url!: string;
  @TextList({ max: SECRET_MAX, items: SECRETS_MAX }) secrets!: string[];
}

export class OpenDispute {
  @Text({ min: 1, max: ID_MAX }) paymentIntent!: string;
  @OneOf(DISPUTE_REASONS, { optional: true }) reason?: DisputeReason;
}

export class CloseDispute {
  @OneOf(['won', 'lost']) status!: 'won' | 'lost';
}

export class SettleDebit {
  @OneOf(['succeeds', 'fails']) outcome!: 'succeeds' | 'fails';
}

/** What the outside world does to payments without being asked by the API: banks, card holders, networks. */
@Controller('stripe')
export class StripeControlsController {
  constructor(
    private readonly state: StripeState,
    private readonly endpoint: WebhookEndpoint,
    private readonly sender: WebhookSender,
  ) {}

  /** Lists payments, newest first. */
  @Get('payments')
  list(@Query() query: object): { items: PaymentView[] } {
    const { limit = PAYMENTS_DEFAULT } = parseQuery(ListPayments, query, ['limit']);
    const intents = this.state.all('payment_intent').slice(0, limit);
    return { items: intents.map((intent) => toPayment(this.state, intent)) };
  }

  /** Forgets the whole account: payments, customers, events and keys, also on disk. */
  @Delete('payments')
  @HttpCode(204)
  clear(): void {
    this.state.clear();
  }

  @Get('webhook-endpoint')
  getEndpoint(): Endpoint {
    return this.endpoint.current;
  }

  /** Sends webhooks elsewhere, or signs them with another secret, or with two while they rotate. */
  @Put('webhook-endpoint')
  setEndpoint(@Body() body: unknown): Endpoint {
    const { url, secrets } = parseInput(SetWebhookEndpoint, body);
    if (url !== '' && !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      const errors = [{ pointer: '/url', code: 'url', detail: 'must be an http or https URL' }];
      throw requestErrors.invalid({ errors });
    }
    return this.endpoint.replace({ url, secrets });
  }

  /** Sends an event once more. */
  @Post('events/:id/resend')
  @HttpCode(204)
  resend(@Param('id') id: string): void {
    this.sender.resend(this.state.change().require('event', id));
  }

  /** The card holder disputes a payment. */
  @Post('disputes')
  dispute(@Body() body: unknown): Stripe.Dispute {
    const { paymentIntent, reason } = parseInput(OpenDispute, body);
    return this.state.run((change) => {
      const { latest_charge: charge } = change.require('payment_intent', paymentIntent);
      return openDispute(change, change.require('charge', String(charge)), reason ?? 'fraudulent');
    });
  }

  /** The bank decides a dispute. */
  @Post('disputes/:id/close')
  close(@Param('id') id: string, @Body() body: unknown): Stripe.Dispute {
    const { status } = parseInput(CloseDispute, body);
    return this.state.run((change) => {
      const dispute = change.require('dispute', id);
      closeDispute(change, dispute, status);
      return dispute;
    });
  }

  /** The bank answers a debit that is processing. */
  @Post('payment-intents/:id/settle')
  settle(@Param('id') id: string, @Body() body: unknown): Stripe.PaymentIntent {
    const { outcome } = parseInput(SettleDebit, body);
    return this.state.run((change) => {
      const intent = change.require('payment_intent', id);
      requireStatus(intent, 'settle', ['processing']);
      settleDebit(change, intent, outcome === 'succeeds');
      return intent;
    });
  }

  /** The card holder's bank sends a refund back. */
  @Post('refunds/:id/fail')
  failRefund(@Param('id') id: string): Stripe.Refund {
    return this.state.run((change) => {
      const refund = change.require('refund', id);
      failRefund(change, refund);
      return refund;
    });
  }
}
