import type { NatsConnection } from 'nats';

/** Whether the server refuses the subject to this user, which it says at once. */
export async function mayPublish(nc: NatsConnection, subject: string): Promise<boolean> {
  try {
    await nc.request(subject, '', { timeout: 1000 });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const causes = `${error.name} ${error.message} ${String(error.cause)}`;
    if (causes.includes('Permissions Violation')) return false;
    return true;
  }
}

/** The same for a subscription. */
export async function maySubscribe(nc: NatsConnection, subject: string): Promise<boolean> {
  let refused = false;
  const subscription = nc.subscribe(subject, {
    callback: (error) => {
      refused ||= error !== null;
    },
  });
  await nc.flush();
  await nc.flush();
  subscription.unsubscribe();
  return !refused;
}

/** Those of the subjects that the user may publish or subscribe to. */
export async function allowedAmong(
  nc: NatsConnection,
  subjects: readonly string[],
  may: typeof mayPublish,
): Promise<string[]> {
  const allowed: string[] = [];
  for (const subject of subjects) if (await may(nc, subject)) allowed.push(subject);
  return allowed;
}
