/** Waits for `work`, however it ends, but no longer than `limit_ms`; false when it took longer. */
export async function within(work: Promise<unknown>, limit_ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limit_ms, false);
  });
  const done = work.then(
    () => true,
    () => true,
  );
  const in_time = await Promise.race([done, late]);
  clearTimeout(timer);
  return in_time;
}
