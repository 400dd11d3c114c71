import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** What one file's upload was called on the server, kept across reloads. */
export interface RememberedUpload {
  readonly key: string;
  readonly runId: string;
  readonly uploadId: string;
  readonly at: number;
}

/** Remembers unfinished uploads, so that the same files chosen again go on where they stopped. */
export interface UploadMemory {
  all(): Promise<readonly RememberedUpload[]>;
  remember(upload: RememberedUpload): Promise<void>;
  forget(key: string): Promise<void>;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: RememberedUpload };
}

const keepMs = 7 * 24 * 3_600_000;

export class IndexedDbMemory implements UploadMemory {
  #database: Promise<IDBPDatabase<Schema>> | null = null;

  async all(): Promise<readonly RememberedUpload[]> {
    const database = await this.#open();
    const uploads = await database.getAll("uploads");
    const fresh = uploads.filter((upload) => Date.now() - upload.at < keepMs);
    for (const upload of uploads) {
      if (!fresh.includes(upload)) await database.delete("uploads", upload.key);
    }
    return fresh;
  }

  async remember(upload: RememberedUpload): Promise<void> {
    await (await this.#open()).put("uploads", upload);
  }

  async forget(key: string): Promise<void> {
    await (await this.#open()).delete("uploads", key);
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= openDB<Schema>("limn-uploads", 1, {
      upgrade: (database) => {
        database.createObjectStore("uploads", { keyPath: "key" });
      },
    });
    return this.#database;
  }
}
