/** The end of the event loop's present turn, shared by all who wait for it. */
export interface EventLoopTurn {
  end(): Promise<void>;
}

/**
 * What is published when a turn ends leaves in one write to the socket: a write is a system call, and
 * under load it costs more than all the rest of an append.
 */
export function eventLoopTurn(): EventLoopTurn {
  let ending: Promise<void> | undefined;
  return {
    end() {
      ending ??= new Promise((resolve) => {
        setImmediate(() => {
          ending = undefined;
          resolve();
        });
      });
      return ending;
    },
  };
}
