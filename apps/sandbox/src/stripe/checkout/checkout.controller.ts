import { Body, Controller, Get, Headers, Param, Post, Res } from '@nestjs/common';
import { OneOf, parseInput, Text } from '@leadwire/contracts';
import type { FastifyReply } from 'fastify';
import type Stripe from 'stripe';
import { answerAuthentication, requireOpen, submit, type Step } from '../payments/checkout.js';
import { StripeState } from '../state/stripe-state.js';
import { StripeError } from '../wire/stripe-error.js';
import { authenticationPage, checkoutPage, messagePage, PAGE_POLICY } from './checkout-page.js';

const CARD_MAX = 30;
const EMAIL_MAX = 254;

export class SubmitCheckout {
  @OneOf(['pay', 'cancel']) action!: 'pay' | 'cancel';
  @Text({ max: CARD_MAX, optional: true, description: 'the number of a test card, or `bank`' }) card?: string;
  @Text({ max: EMAIL_MAX, optional: true }) email?: string;
}

export class SubmitAuthentication {
  @OneOf(['complete', 'fail']) action!: 'complete' | 'fail';
}

/** The pages that Stripe hosts: where customers pay and authenticate. Programs send the same forms and read `Location`. */
@Controller('c')
export class CheckoutController {
  constructor(private readonly state: StripeState) {}

  /** Shows what is to be paid and the test cards. */
  @Get('pay/:id')
  show(@Param('id') id: string, @Res() reply: FastifyReply): void {
    this.guard(reply, () => sendPage(reply, 200, this.pageOf(id)));
  }

  /** Pays, or goes back without paying: 303 to where the customer goes, 402 with the page when the card is declined. */
  @Post('pay/:id')
  submit(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('host') host: string,
    @Res() reply: FastifyReply,
  ): void {
    const { action, card = '', email } = parseInput(SubmitCheckout, formOf(body));
    this.guard(reply, () => {
      if (action === 'cancel') return redirect(reply, this.openSession(id).cancel_url ?? '/');
      const step = this.state.run((change) =>
        submit(
          change,
          change.require('checkout.session', id),
          { payWith: card, email: email === '' ? undefined : email },
          `http://${host}`,
        ),
      );
      this.follow(reply, step, (error) => this.pageOf(id, error));
    });
  }

  /** Asks whether it is the holder who pays. */
  @Get('authenticate/:id')
  ask(@Param('id') id: string, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, authenticationPage(id));
  }

  /** Takes the answer: 303 to where the customer goes, 402 when the payment fails. */
  @Post('authenticate/:id')
  answer(@Param('id') id: string, @Body() body: unknown, @Res() reply: FastifyReply): void {
    const { action } = parseInput(SubmitAuthentication, formOf(body));
    this.guard(reply, () => {
      const step = this.state.run((change) => answerAuthentication(change, id, action === 'complete'));
      this.follow(reply, step, (error) => {
        const session = this.sessionOf(id);
        return session === undefined ? messagePage('Not paid', error) : this.pageOf(session, error, session);
      });
    });
  }

  private follow(reply: FastifyReply, step: Step, pageWith: (error: string) => string): void {
    if ('redirect' in step) redirect(reply, step.redirect);
    else sendPage(reply, step.error.status, pageWith(step.error.message));
  }

  /** The session that an intent belongs to. */
  private sessionOf(intentId: string): string | undefined {
    const kind = intentId.startsWith('seti_') ? 'setup_intent' : 'payment_intent';
    return this.state.entry(kind, intentId)?.hidden.session;
  }

  private pageOf(id: string, error?: string, action = ''): string {
    const lines = this.state.entry('checkout.session', id)?.hidden.lineItems ?? [];
    return checkoutPage(this.openSession(id), lines, { error, action: action && `/c/pay/${action}` });
  }

  private openSession(id: string): Stripe.Checkout.Session {
    const session = this.state.change().require('checkout.session', id);
    requireOpen(session);
    return session;
  }

  /** Shows people what a program would get as an error. */
  private guard(reply: FastifyReply, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      sendPage(reply, error.status, messagePage('This page is no longer of use', error.message));
    }
  }
}

/** Forms arrive without a prototype. */
function formOf(body: unknown): unknown {
  return typeof body === 'object' ? { ...body } : body;
}

function sendPage(reply: FastifyReply, status: number, html: string): void {
  void reply
    .status(status)
    .headers({ 'content-security-policy': PAGE_POLICY, 'x-content-type-options': 'nosniff' })
    .type('text/html; charset=utf-8')
    .send(html);
}

function redirect(reply: FastifyReply, url: string): void {
  void reply.redirect(url, 303);
}
