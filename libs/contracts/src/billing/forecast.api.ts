import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Day, DecimalText, Int, OneOf, Text } from '../define/fields.js';
import { Nothing } from '../define/page.js';

/** How many complete days (UTC) a forecast looks back, at most. */
export const FORECAST_LOOKS_BACK_DAYS = 28;
/** How many days it looks ahead. */
export const FORECAST_LOOKS_AHEAD_DAYS = 365;

export const FORECAST_CONFIDENCES = ['low', 'medium', 'high'] as const;
export type ForecastConfidence = (typeof FORECAST_CONFIDENCES)[number];

/** When a wallet runs dry if it is used as lately and nobody tops it up. Days are UTC. */
export class WalletForecast {
  @DecimalText()
  balance!: string;

  @Text({ max: 3 })
  currency!: string;

  @Int({
    min: 0,
    max: FORECAST_LOOKS_BACK_DAYS,
    description: 'Complete days that it is made from; 0 on the first day, which then counts as it is.',
  })
  days!: number;

  @DecimalText({ description: 'Use of one day: recent weeks count more, single outliers little.' })
  perDay!: string;

  @OneOf(FORECAST_CONFIDENCES, { description: 'By how long and how evenly it was used.' })
  confidence!: ForecastConfidence;

  @Day({ nullable: true, description: `Null when it lasts for ${FORECAST_LOOKS_AHEAD_DAYS} days or more.` })
  runsDryOn!: string | null;

  @Day({ nullable: true, description: 'When use is on the upper side of what was seen.' })
  earliest!: string | null;

  @Day({ nullable: true, description: 'When it is on the lower side.' })
  latest!: string | null;
}

export interface ForecastApi {
  /** Credit that expires before it is used up is reckoned with. */
  get(ctx: Ctx, input: Nothing): Promise<WalletForecast>;
}
export const forecastApi = defineApi<ForecastApi>('billing.forecast', {
  get: { input: Nothing, output: WalletForecast, can: 'billing.read', idempotent: true },
});
