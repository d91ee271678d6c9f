// Every rule, one line each. Later rules may overwrite the fields of earlier ones.

import { bands } from './bands.ts';

export const rules = [bands] as const;
