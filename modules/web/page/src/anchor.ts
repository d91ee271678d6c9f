/** The address of a machine on this page; its name may hold anything, also halves of characters. */
export function anchorOf(machine: string): string {
  return `m-${encodeURIComponent(machine.replace(/\p{Surrogate}/gu, '\u{fffd}'))}`;
}
