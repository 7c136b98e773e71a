import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Int, OneOf, parseInput, Text } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import {
  BEHAVIOURS_OF,
  DELAYING,
  SCOPES,
  SLOW_DELAY_MAX_MS,
  type Behaviour,
  type Misbehaviour,
  type Scope,
} from './misbehaviour.js';
import { MisbehavioursService } from './misbehaviours.service.js';

const BEHAVIOURS = [...new Set(SCOPES.flatMap((scope): readonly Behaviour[] => BEHAVIOURS_OF[scope]))];
const TIMES_MAX = 1_000_000;
const MATCH = 'an address or user name, `@domain`, `POST /v1/refunds`, a type of event; `*` for any';

export class CreateMisbehaviour {
  @OneOf(SCOPES) scope!: Scope;
  @Text({ min: 1, max: 254, description: MATCH }) match!: string;
  @OneOf(BEHAVIOURS) behaviour!: Behaviour;
  @Int({ min: 1, max: TIMES_MAX, optional: true, description: 'absent: always' }) times?: number;
  @Int({ min: 0, max: SLOW_DELAY_MAX_MS, optional: true, description: 'milliseconds' })
  delayMs?: number;
}

/** What the sandbox is asked to do wrong. */
@Controller('misbehaviours')
export class MisbehavioursController {
  constructor(private readonly misbehaviours: MisbehavioursService) {}

  /** Adds a misbehaviour. @throws request.invalid, misbehaviour.too_many */
  @Post()
  create(@Body() body: unknown): Misbehaviour {
    const input = parseInput(CreateMisbehaviour, body);
    const possible: readonly Behaviour[] = BEHAVIOURS_OF[input.scope];
    if (!possible.includes(input.behaviour)) throw invalid('/scope', `cannot do ${input.behaviour}`);
    if (input.delayMs !== undefined && !DELAYING.includes(input.behaviour)) {
      throw invalid('/delayMs', `means something for ${DELAYING.join(', ')} only`);
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
