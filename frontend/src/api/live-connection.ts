/** News from the server: what changed, never what it changed to. Topic "*": anything may have. */
export interface LiveEvent {
  readonly topic: string;
  readonly kind?: string;
  readonly id?: string | number;
}

type Listener = (event: LiveEvent) => void;
type OpenSource = (url: string) => EventSource;

const settleMs = 50;

/**
 * One stream of news for the whole tab, whatever number of pages listen.
 *
 * Browsers allow six connections to a server; a stream for each page would use
 * them up. Topics are counted, and the stream is opened again when they change.
 */
export class LiveConnection {
  readonly #listeners = new Map<Listener, readonly string[]>();
  readonly #stateListeners = new Set<() => void>();
  readonly #open: OpenSource;
  #source: EventSource | null = null;
  #openTopics = "";
  #url = "";
  #connected = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(open: OpenSource = (url) => new EventSource(url, { withCredentials: true })) {
    this.#open = open;
  }

  /** True while news arrives; pages poll while it is false. */
  get connected(): boolean {
    return this.#connected;
  }

  setUrl(url: string): void {
    if (url === this.#url) return;
    this.#url = url;
    this.#openTopics = "";
    this.#settle();
  }

  subscribe(topics: readonly string[], listener: Listener): () => void {
    this.#listeners.set(listener, topics);
    this.#settle();
    return () => {
      this.#listeners.delete(listener);
      this.#settle();
    };
  }

  onStateChange = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#reopen(), settleMs);
  }

  #reopen(): void {
    const topics = [...new Set([...this.#listeners.values()].flat())].sort().join(",");
    if (topics === this.#openTopics && this.#source) return;
    this.#source?.close();
    this.#source = null;
    this.#openTopics = topics;
    this.#setConnected(false);
    if (!topics || !this.#url) return;
    const source = this.#open(`${this.#url}?topics=${encodeURIComponent(topics)}`);
    source.onopen = () => this.#setConnected(true);
    source.onerror = () => this.#setConnected(false);
    source.addEventListener("resync", () => this.#tellAll({ topic: "*" }));
    source.onmessage = (message) => this.#deliver(String(message.data));
    this.#source = source;
  }

  #deliver(data: string): void {
    const event = parse(data);
    if (!event) return;
    for (const [listener, topics] of this.#listeners) {
      if (topics.includes(event.topic) || event.topic.startsWith("user")) listener(event);
    }
  }

  #tellAll(event: LiveEvent): void {
    for (const listener of this.#listeners.keys()) listener(event);
  }

  #setConnected(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    for (const listener of this.#stateListeners) listener();
  }
}

function parse(data: string): LiveEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    const isEvent = typeof value === "object" && value !== null && "topic" in value;
    return isEvent && typeof value.topic === "string" ? (value as LiveEvent) : null;
  } catch {
    return null;
  }
}
