import { runService } from '@leadwire/platform';
import { leadsService } from './leads.module.js';

await runService(leadsService);
