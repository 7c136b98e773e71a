import { runService } from '@leadwire/platform';
import { identityService } from './identity.module.js';

await runService(identityService);
