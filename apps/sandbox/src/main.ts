import { ConsoleLogger } from '@nestjs/common';
import { startSandbox } from './sandbox.app.js';
import { readConfig } from './sandbox.config.js';

const config = readConfig(process.env);
const app = await startSandbox(config, new ConsoleLogger({ json: true }));
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
