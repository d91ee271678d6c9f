/** The address of a machine on this page; its name may hold anything. */
export function anchorOf(machine: string): string {
  return `m-${encodeURIComponent(machine)}`;
}
