/** Shows what a stream yields until its result, then takes the live lines away. */
export async function follow<Event, Result>(
  stream: AsyncGenerator<Event, Result>,
  signal: AbortSignal,
  progress: { show(event: Event, stopping: boolean): void; clear(): void },
): Promise<Result> {
  try {
    for (;;) {
      const next = await stream.next();
      if (next.done === true) return next.value;
      progress.show(next.value, signal.aborted);
    }
  } finally {
    progress.clear();
  }
}
