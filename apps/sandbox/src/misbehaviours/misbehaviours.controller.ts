import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Int, OneOf, parseInput, Text } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import {
  BEHAVIOURS,
  SCOPES,
  SLOW_DELAY_MAX_MS,
  type Behaviour,
  type Misbehaviour,
  type Scope,
} from './misbehaviour.js';
import { MisbehavioursService } from './misbehaviours.service.js';

const TIMES_MAX = 1_000_000;

export class CreateMisbehaviour {
  @OneOf(SCOPES) scope!: Scope;
  @Text({ min: 1, max: 254, description: 'an address or user name, `@domain`, or `*`' }) match!: string;
  @OneOf(BEHAVIOURS) behaviour!: Behaviour;
  @Int({ min: 1, max: TIMES_MAX, optional: true, description: 'absent: always' }) times?: number;
  @Int({ min: 0, max: SLOW_DELAY_MAX_MS, optional: true, description: 'milliseconds; for `slow`' })
  delayMs?: number;
}

/** What the mail server is asked to do wrong. */
@Controller('misbehaviours')
export class MisbehavioursController {
  constructor(private readonly misbehaviours: MisbehavioursService) {}

  /** Adds a misbehaviour. @throws request.invalid, misbehaviour.too_many */
  @Post()
  create(@Body() body: unknown): Misbehaviour {
    const input = parseInput(CreateMisbehaviour, body);
    if (input.behaviour === 'auth-failure' && input.scope !== 'account') {
      throw invalid('/scope', 'must be account, since only an account logs in');
    }
    if (input.delayMs !== undefined && input.behaviour !== 'slow') {
      throw invalid('/delayMs', 'means something for slow only');
    }
    return this.misbehaviours.create(input);
  }

  /** Lists all of them, also those that are used up. */
  @Get()
  list(): { items: Misbehaviour[] } {
    return { items: this.misbehaviours.list() };
  }

  /** Ends all of them. */
  @Delete()
  @HttpCode(204)
  clear(): void {
    this.misbehaviours.clear();
  }

  /** Ends one. @throws misbehaviour.not_found */
  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') id: string): void {
    this.misbehaviours.remove(id);
  }
}

function invalid(pointer: string, detail: string) {
  return requestErrors.invalid({ errors: [{ pointer, code: 'combination', detail }] });
}
