import { useEffect, useState } from "react";

export interface Picture {
  /** The last picture that came whole: it stays until the next is there. */
  readonly src: string | null;
  readonly isMissing: boolean;
}

/** A frame of a file in quarantine, or of its stored rival; nobody's browser keeps a copy of it. */
export function usePicture(url: string | null, frame: number, of: "sent" | "stored"): Picture {
  const [shown, setShown] = useState<Picture>({ src: null, isMissing: false });
  useEffect(() => {
    if (!url) {
      setShown({ src: null, isMissing: true });
      return;
    }
    const aborted = new AbortController();
    void load(`${url}?frame=${frame}&of=${of}`, aborted.signal).then((src) => {
      if (src === undefined) return;
      setShown((old) => {
        if (old.src) URL.revokeObjectURL(old.src);
        return { src, isMissing: src === null };
      });
    });
    return () => aborted.abort();
  }, [url, frame, of]);
  return shown;
}

/** The picture as an address of this tab; null where there is none, undefined where nobody waits. */
async function load(url: string, signal: AbortSignal): Promise<string | null | undefined> {
  try {
    const answer = await fetch(url, { signal, credentials: "same-origin" });
    const picture = answer.ok ? URL.createObjectURL(await answer.blob()) : null;
    return signal.aborted ? undefined : picture;
  } catch {
    return signal.aborted ? undefined : null;
  }
}
