import { ApiKeyChecksService } from './api-key-checks.service.js';
import { ApiKeyIssuer } from './api-key-issuer.js';
import { ApiKeyOwners } from './api-key-owners.js';
import { ApiKeyUse } from './api-key-use.js';
import { ApiKeysConsumer } from './api-keys.consumer.js';
import { ApiKeysService } from './api-keys.service.js';
import { ApiKeysStore } from './api-keys.store.js';

/** What the module of identity takes from here. */
export const apiKeysFeature = {
  controllers: [ApiKeyChecksService, ApiKeysConsumer, ApiKeysService],
  providers: [ApiKeyIssuer, ApiKeyOwners, ApiKeysStore, ApiKeyUse],
};
