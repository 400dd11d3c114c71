/** Somebody else saved first: the head has another number than the one this save was built on. */
export class SaveConflict extends Error {
  readonly headNumber: number;

  constructor(headNumber: number) {
    super(`Revision ${headNumber} was saved meanwhile.`);
    this.headNumber = headNumber;
  }
}

/** The task is open elsewhere now; this window may look, not save. */
export class LockLost extends Error {
  readonly holderName: string;

  constructor(holderName: string) {
    super(`${holderName} has opened this task elsewhere.`);
    this.holderName = holderName;
  }
}

/** The server understood and refused; the same words again cannot help. */
export class SaveRefused extends Error {}
