import type { MigrationClass } from '@leadwire/persistence';
import { CreateAccounts20261122120000 } from './20261122120000-create-accounts.js';
import { CreateRights20261122120100 } from './20261122120100-create-rights.js';
import { CreateSessions20261122120200 } from './20261122120200-create-sessions.js';
import { CompleteAccounts20261123234000 } from './20261123234000-complete-accounts.js';
import { DropLogInAttempts20261123234010 } from './20261123234010-drop-log-in-attempts.js';
import { CompleteSessions20261123234100 } from './20261123234100-complete-sessions.js';
import { CompleteTenants20261123234200 } from './20261123234200-complete-tenants.js';
import { Oidc20261123234300 } from './20261123234300-oidc.js';
import { Rights20261123234400 } from './20261123234400-rights.js';
import { OwnVersions20261123234401 } from './20261123234401-own-versions.js';
import { ApiKeys20261123234500 } from './20261123234500-api-keys.js';
import { EraseTenants20261124000000 } from './20261124000000-erase-tenants.js';
import { SignUpLinks20261130050000 } from './20261130050000-sign-up-links.js';
import { UntoldStandings20261130082000 } from './20261130082000-untold-standings.js';

export const migrations: MigrationClass[] = [
  CreateAccounts20261122120000,
  CreateRights20261122120100,
  CreateSessions20261122120200,
  CompleteAccounts20261123234000,
  DropLogInAttempts20261123234010,
  CompleteSessions20261123234100,
  CompleteTenants20261123234200,
  Oidc20261123234300,
  Rights20261123234400,
  OwnVersions20261123234401,
  ApiKeys20261123234500,
  EraseTenants20261124000000,
  SignUpLinks20261130050000,
  UntoldStandings20261130082000,
];
