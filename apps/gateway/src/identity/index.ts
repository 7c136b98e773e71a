import type { Type } from '@nestjs/common';

export const identityControllers: Type[] = [];
