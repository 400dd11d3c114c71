import { VisuallyHidden } from "@mantine/core";

import type { ProposalPart } from "@/viewer-core/proposals";
import type { Station } from "@/viewer-core/station";

import classes from "./panels.module.css";
import { useStore } from "./use-store";

/** What a model proposes and nobody has decided about: accept, reject, by segment, slice or all. */
export function ProposalPanel({ station }: { readonly station: Station }) {
  useStore(station.revision);
  const settings = useStore(station.settings);
  const { proposals } = station;
  const open = proposals?.open() ?? [];
  if (!proposals || open.length === 0 || station.editor.readOnly) return null;
  const accept = (part: ProposalPart) => () => void proposals.accept(part);
  const frame = () => station.workbench.frame()?.key ?? null;
  return (
    <section className={classes["panel"]} data-model="true" aria-label="Proposal">
      <h2>
        Proposed by {proposals.modelName}
        <button
          type="button"
          className={classes["link"]}
          onClick={() => station.settings.patch({ showsProposal: !settings.showsProposal })}
        >
          {settings.showsProposal ? "hide" : "show"} <KeySign sign="G" />
        </button>
      </h2>
      <ul className={classes["proposals"]}>
        {open.map(({ segment, frames }) => {
          const isActive = settings.segment === segment.id;
          return (
            <li key={segment.id} data-active={isActive}>
              <button
                type="button"
                className={classes["segmentName"]}
                onClick={() => station.settings.patch({ segment: segment.id })}
              >
                <i style={{ borderColor: segment.color }} />
                <span dir="auto">{segment.name}</span>
                <small>{frames.length} slices</small>
              </button>
              <button
                type="button"
                className={classes["modelButton"]}
                onClick={accept({ segment: segment.id, frame: null })}
              >
                accept <VisuallyHidden>{segment.name}</VisuallyHidden>{" "}
                {isActive && <KeySign sign="A" />}
              </button>
              <button
                type="button"
                className={classes["plainButton"]}
                onClick={() => proposals.reject({ segment: segment.id, frame: null })}
              >
                reject <VisuallyHidden>{segment.name}</VisuallyHidden>{" "}
                {isActive && <KeySign sign="⇧R" />}
              </button>
            </li>
          );
        })}
      </ul>
      <div className={classes["row"]}>
        <button
          type="button"
          className={classes["modelButton"]}
          onClick={accept({ segment: null, frame: null })}
        >
          Accept all <KeySign sign="⇧A" />
        </button>
        <button
          type="button"
          className={classes["plainButton"]}
          onClick={() => void proposals.accept({ segment: null, frame: frame() })}
        >
          This slice <KeySign sign="Alt A" />
        </button>
      </div>
    </section>
  );
}

/** A key beside words that say it all: seen, not read out. */
function KeySign({ sign }: { readonly sign: string }) {
  return (
    <span aria-hidden="true">
      <kbd>{sign}</kbd>
    </span>
  );
}
