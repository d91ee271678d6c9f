// The names of the built-in modules, apart from what loads them: the agent knows them all and holds one.

/** The built-in modules that make a monitor. */
export const MONITOR = [
  'tracker',
  'analyzer',
  'presence',
  'notifier',
  'recorder',
  'exporter',
  'importer',
  'web',
] as const;

/** All built-in modules. */
export const BUILT_IN = [...MONITOR, 'simulator'] as const;

export type BuiltIn = (typeof BUILT_IN)[number];

/** Whether a name is a built-in module's. */
export function isBuiltIn(name: string): name is BuiltIn {
  return BUILT_IN.some((each) => each === name);
}
