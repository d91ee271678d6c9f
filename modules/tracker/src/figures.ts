// The kinds of figures that probes tell, as schemas: the page shows title and unit, whatever the resource.

import Type from 'typebox';

export { Percentage } from '@ganglion/topics';

/** An amount of memory or storage. */
export const Bytes = (title: string) => Type.Integer({ title, minimum: 0, unit: 'B' });

/** A number of things. */
export const Count = (title: string) => Type.Integer({ title, minimum: 0 });

/** How often something happens. */
export const PerSecond = (title: string, unit = '1/s') => Type.Number({ title, minimum: 0, unit });

/** How much passes. */
export const BytesPerSecond = (title: string) => PerSecond(title, 'B/s');

/** How long something takes. */
export const Milliseconds = (title: string) => Type.Number({ title, minimum: 0, unit: 'ms' });

/** How often something turns or ticks. */
export const Hertz = (title: string) => Type.Integer({ title, minimum: 0, unit: 'Hz' });

/** How hot something is. */
export const Celsius = (title: string) => Type.Number({ title, unit: '°C' });

/** What something draws. */
export const Watts = (title: string) => Type.Number({ title, minimum: 0, unit: 'W' });
