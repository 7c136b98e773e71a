import { Inject, Injectable } from '@nestjs/common';
import { ObjectStorage, TenantRemains } from '@leadwire/platform';

/** Uploads and rejected rows of a tenant's imports lie in its folder. */
@Injectable()
export class StoredFiles extends TenantRemains {
  constructor(@Inject(ObjectStorage) private readonly storage: ObjectStorage) {
    super();
  }

  override after(tenantId: string): Promise<void> {
    return this.storage.removeAll(tenantId);
  }
}
