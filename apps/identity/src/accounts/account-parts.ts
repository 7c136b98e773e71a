import type { Provider, Type } from '@nestjs/common';
import { EmailChanges } from '../emails/email-changes.js';
import { EmailVerification } from '../emails/email-verification.js';
import { EmailsService } from '../emails/emails.service.js';
import { PasswordGuessing } from '../guessing/password-guessing.js';
import { Throttles } from '../guessing/throttles.js';
import { BreachedPasswords, RangeBreachedPasswords } from '../passwords/breached-passwords.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordPolicy } from '../passwords/password-policy.js';
import { PasswordResets } from '../passwords/password-resets.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { Avatars } from '../profile/avatars.js';
import { PhoneCodes } from '../profile/phone-codes.js';
import { ProfileService } from '../profile/profile.service.js';
import { AccountTransaction } from './account-transaction.js';
import { AccountsService } from './accounts.service.js';
import { AccountsStore } from './accounts.store.js';
import { Credentials } from './credentials.js';
import { NewTeams } from './new-teams.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { OWASP_COST, PASSWORD_COST, Passwords } from './passwords.js';
import { ReAuthentication } from './re-authentication.js';
import { SignUpLinksService } from './sign-up-links.service.js';
import { SignUps } from './sign-ups.js';
import { TakenAddresses } from './taken-addresses.js';

/** What a person's own account answers to. */
export const accountControllers: Type[] = [
  AccountsService,
  EmailsService,
  PasswordsService,
  ProfileService,
  SignUpLinksService,
];

export const accountProviders: Provider[] = [
  AccountsStore,
  AccountTransaction,
  Avatars,
  { provide: BreachedPasswords, useClass: RangeBreachedPasswords },
  Credentials,
  EmailChanges,
  EmailVerification,
  NewPasswords,
  NewTeams,
  OneTimeTokens,
  PasswordGuessing,
  PasswordPolicy,
  PasswordResets,
  Passwords,
  { provide: PASSWORD_COST, useValue: OWASP_COST },
  PhoneCodes,
  ReAuthentication,
  SignUps,
  TakenAddresses,
  Throttles,
];
