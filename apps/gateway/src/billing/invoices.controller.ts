import { Controller, Delete, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import {
  CreateInvoice,
  CreditNoteRef,
  InvoiceRef,
  invoicesApi,
  ListCreditNotes,
  ListInvoiceLineUsage,
  ListInvoices,
  type InvoicesApi,
  type StoredDocument,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { ObjectStorage } from '@leadwire/platform';
import type { FastifyReply } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

const PDF = 'application/pdf';

/** The team's invoices and credit notes, as data and as documents. */
@Controller('billing')
export class InvoicesController {
  constructor(
    @Client(invoicesApi) private readonly invoices: InvoicesApi,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {}

  /** Lists invoices, newest first. */
  @Get('invoices')
  @Endpoint(invoicesApi.list, { summary: 'List invoices' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListInvoices) {
    return this.invoices.list(ctx, input);
  }

  /**
   * Begins an invoice: over what was used since the last one, which is finalised by itself a moment later, or over credit to be paid
   * by transfer, which is a draft until it is finalised.
   */
  @Post('invoices')
  @Endpoint(invoicesApi.create, { summary: 'Begin an invoice' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateInvoice) {
    return this.invoices.create(ctx, input);
  }

  /** Reads an invoice with its lines and taxes. */
  @Get('invoices/:invoiceId')
  @Endpoint(invoicesApi.get, { summary: 'Read an invoice' })
  get(@RequestCtx() ctx: Ctx, @Input() input: InvoiceRef) {
    return this.invoices.get(ctx, input);
  }

  /** Gives a draft its number; what it says never changes again. */
  @Post('invoices/:invoiceId/finalise')
  @Endpoint(invoicesApi.finalise, { summary: 'Finalise a draft', status: 200 })
  finalise(@RequestCtx() ctx: Ctx, @Input() input: InvoiceRef) {
    return this.invoices.finalise(ctx, input);
  }

  /** Discards a draft. */
  @Delete('invoices/:invoiceId')
  @HttpCode(204)
  @Endpoint(invoicesApi.discard, { summary: 'Discard a draft' })
  discard(@RequestCtx() ctx: Ctx, @Input() input: InvoiceRef) {
    return this.invoices.discard(ctx, input);
  }

  /** Lists the postings behind a line, and what each was for. */
  @Get('invoices/:invoiceId/lines/:line/usage')
  @Endpoint(invoicesApi.lineUsage, { summary: 'List what is behind a line of an invoice' })
  lineUsage(@RequestCtx() ctx: Ctx, @Input() input: ListInvoiceLineUsage) {
    return this.invoices.lineUsage(ctx, input);
  }

  /** The invoice as a PDF. */
  @Get('invoices/:invoiceId/pdf')
  @Endpoint(invoicesApi.document, { summary: 'Read an invoice as PDF', produces: PDF })
  async pdf(@RequestCtx() ctx: Ctx, @Input() input: InvoiceRef, @Res() reply: FastifyReply): Promise<void> {
    await this.send(reply, await this.invoices.document(ctx, input));
  }

  /** Lists credit notes, newest first. */
  @Get('credit-notes')
  @Endpoint(invoicesApi.listCreditNotes, { summary: 'List credit notes' })
  creditNotes(@RequestCtx() ctx: Ctx, @Input() input: ListCreditNotes) {
    return this.invoices.listCreditNotes(ctx, input);
  }

  /** The credit note as a PDF. */
  @Get('credit-notes/:creditNoteId/pdf')
  @Endpoint(invoicesApi.creditNoteDocument, { summary: 'Read a credit note as PDF', produces: PDF })
  async creditNotePdf(
    @RequestCtx() ctx: Ctx,
    @Input() input: CreditNoteRef,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send(reply, await this.invoices.creditNoteDocument(ctx, input));
  }

  private async send(reply: FastifyReply, { objectKey, filename }: StoredDocument): Promise<void> {
    const content = await this.storage.get(objectKey);
    await reply
      .header('content-type', PDF)
      .header('content-disposition', `inline; filename="${filename}"`)
      .header('content-security-policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
      .send(content);
  }
}
