import { runService } from '@leadwire/platform';
import { campaignsService } from './campaigns.module.js';

await runService(campaignsService);
