/** Values pushed by callbacks, read by one `for await`. */
export interface EventQueue<Event> extends AsyncIterable<Event> {
  push(event: Event): void;
  /** Ends the reading after what was pushed, with an error where one is given. */
  close(error?: unknown): void;
}

/** An unbounded queue between callbacks and a generator. */
export function createEventQueue<Event>(): EventQueue<Event> {
  const events: Event[] = [];
  let closed: { readonly error?: unknown } | undefined;
  let wake: () => void = () => undefined;
  return {
    push(event) {
      events.push(event);
      wake();
    },
    close(error) {
      closed ??= error === undefined ? {} : { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* events.splice(0);
        if (events.length > 0) continue;
        if (closed !== undefined) {
          if ("error" in closed) throw closed.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
