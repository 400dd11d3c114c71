import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { Operation } from "./editor";
import { MaskRuns } from "./mask-runs";

/** A save that may or may not have reached the server: the same words are said again. */
export interface PendingSave {
  readonly requestId: string;
  readonly baseNumber: number;
  /** The last operation that it carries. */
  readonly upTo: number;
  readonly body: unknown;
}

/** Up to where the server knows what is in the journal. */
export interface JournalMark {
  readonly documentId: string;
  /** Operations up to this one are in the server's head. */
  readonly acknowledged: number;
  readonly headNumber: number;
  readonly pending: PendingSave | null;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly operation: Operation;
}

interface StoredOperation {
  readonly documentId: string;
  readonly operation: Operation;
}

interface JournalSchema extends DBSchema {
  operations: {
    key: number;
    value: StoredOperation;
    indexes: { "by-document": string };
  };
  marks: { key: string; value: JournalMark };
}

const DATABASE = "limn-journal";
const VERSION = 1;

/**
 * What was done on this computer, kept in IndexedDB before the network is asked.
 *
 * A list of operations for each document, and a mark that says up to where the server has them.
 */
export class Journal {
  private readonly database: Promise<IDBPDatabase<JournalSchema>>;

  constructor(name: string = DATABASE) {
    this.database = openDB<JournalSchema>(name, VERSION, {
      upgrade(db) {
        const operations = db.createObjectStore("operations", { autoIncrement: true });
        operations.createIndex("by-document", "documentId");
        db.createObjectStore("marks", { keyPath: "documentId" });
      },
    });
  }

  /** Write an operation down. Its number grows over all documents and tabs of this browser. */
  async append(documentId: string, operation: Operation): Promise<number> {
    const db = await this.database;
    return await db.add("operations", { documentId, operation: storable(operation) });
  }

  async read(documentId: string): Promise<JournalRecord[]> {
    const transaction = (await this.database).transaction("operations");
    const index = transaction.store.index("by-document");
    const records: JournalRecord[] = [];
    for await (const cursor of index.iterate(documentId)) {
      records.push({ sequence: cursor.primaryKey, operation: revived(cursor.value.operation) });
    }
    return records;
  }

  async mark(documentId: string): Promise<JournalMark | null> {
    return (await (await this.database).get("marks", documentId)) ?? null;
  }

  async setMark(mark: JournalMark): Promise<void> {
    await (await this.database).put("marks", mark);
  }

  /** Forget a document: it was submitted, or the server's state was taken instead. */
  async clear(documentId: string): Promise<void> {
    const db = await this.database;
    const transaction = db.transaction(["operations", "marks"], "readwrite");
    const operations = transaction.objectStore("operations");
    const keys = await operations.index("by-document").getAllKeys(documentId);
    await Promise.all(keys.map((key) => operations.delete(key)));
    await transaction.objectStore("marks").delete(documentId);
    await transaction.done;
  }

  /** Close the database (tests and unloading). */
  async close(): Promise<void> {
    (await this.database).close();
  }
}

/** IndexedDB keeps data, not classes: runs travel as their words. */
function storable(operation: Operation): Operation {
  if (operation.kind !== "do") return operation;
  const { entry } = operation;
  const changes = entry.changes.map((change) =>
    change.kind === "mask" ? { ...change, runs: { words: change.runs.words } as MaskRuns } : change,
  );
  return { kind: "do", entry: { ...entry, changes } };
}

function revived(operation: Operation): Operation {
  if (operation.kind !== "do") return operation;
  const { entry } = operation;
  const changes = entry.changes.map((change) =>
    change.kind === "mask" ? { ...change, runs: new MaskRuns(change.runs.words) } : change,
  );
  return { kind: "do", entry: { ...entry, changes } };
}
