import { networkOf } from './network.js';
import type { Throttle, ThrottleRule } from './throttles.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What costs somebody else a mail or a text, or tells whether an address has an account. Passwords: see PasswordGuessing. */
const SIGN_UPS: ThrottleRule = {
  name: 'sign-up',
  free: 20,
  firstWaitSeconds: 10,
  waitMaxSeconds: 600,
  forgetAfterMs: HOUR_MS,
};
const ATTEMPTED_SIGN_UPS: ThrottleRule = {
  name: 'sign-up-attempted',
  free: 1,
  firstWaitSeconds: 3_600,
  waitMaxSeconds: 86_400,
  forgetAfterMs: 2 * DAY_MS,
};
const SIGN_UP_LINKS: ThrottleRule = {
  name: 'sign-up-link',
  free: 3,
  firstWaitSeconds: 60,
  waitMaxSeconds: 3_600,
  forgetAfterMs: DAY_MS,
};
const RESETS: ThrottleRule = {
  name: 'reset',
  free: 3,
  firstWaitSeconds: 60,
  waitMaxSeconds: 3_600,
  forgetAfterMs: DAY_MS,
};
const RESETS_OF_NETWORK: ThrottleRule = {
  name: 'reset-network',
  free: 30,
  firstWaitSeconds: 10,
  waitMaxSeconds: 600,
  forgetAfterMs: HOUR_MS,
};
const VERIFICATIONS: ThrottleRule = {
  name: 'verification',
  free: 1,
  firstWaitSeconds: 60,
  waitMaxSeconds: 3_600,
  forgetAfterMs: DAY_MS,
};
const EMAIL_CHANGES: ThrottleRule = {
  name: 'email-change',
  free: 3,
  firstWaitSeconds: 60,
  waitMaxSeconds: 3_600,
  forgetAfterMs: DAY_MS,
};
const PHONE_CODES: ThrottleRule = {
  name: 'phone-code',
  free: 1,
  firstWaitSeconds: 60,
  waitMaxSeconds: 3_600,
  forgetAfterMs: DAY_MS,
};
const TEXTS_TO_NUMBER: ThrottleRule = {
  name: 'text',
  free: 5,
  firstWaitSeconds: 300,
  waitMaxSeconds: 14_400,
  forgetAfterMs: DAY_MS,
};

const perNetwork = (rule: ThrottleRule, clientIp: string | undefined): Throttle[] => {
  const network = networkOf(clientIp);
  return network ? [{ rule, key: network }] : [];
};

export const limits = {
  signUps: (clientIp: string | undefined) => perNetwork(SIGN_UPS, clientIp),
  attemptedSignUp: (email: string): Throttle => ({ rule: ATTEMPTED_SIGN_UPS, key: email }),
  signUpLink: (email: string): Throttle => ({ rule: SIGN_UP_LINKS, key: email }),
  reset: (email: string): Throttle => ({ rule: RESETS, key: email }),
  resetsOfNetwork: (clientIp: string | undefined) => perNetwork(RESETS_OF_NETWORK, clientIp),
  verification: (userId: string): Throttle => ({ rule: VERIFICATIONS, key: userId }),
  emailChange: (userId: string): Throttle => ({ rule: EMAIL_CHANGES, key: userId }),
  phoneCode: (userId: string, phone: string): Throttle[] => [
    { rule: PHONE_CODES, key: userId },
    { rule: TEXTS_TO_NUMBER, key: phone },
  ],
};
