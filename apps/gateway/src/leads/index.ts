import type { Type } from '@nestjs/common';

export const leadsControllers: Type[] = [];
