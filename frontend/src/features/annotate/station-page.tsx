import { Modal } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";

import { Markdown } from "@/components/markdown";

import { BesidePane } from "./beside-pane";
import { stationCommands } from "./commands";
import { exposeStation } from "./expose";
import { HeaderBar } from "./header-bar";
import { HistoryPanel } from "./history-panel";
import { KeysSheet } from "./keys-sheet";
import { LookHere } from "./look-here";
import type { OpenedTask } from "./open-station";
import { PicturePane } from "./picture-pane";
import { unsureRange } from "./places";
import { keepPreferences } from "./preferences";
import { ProposalPanel } from "./proposal-panel";
import { QuestionForm } from "./question-form";
import { SegmentsPanel } from "./segments-panel";
import { ShapesPanel } from "./shapes-panel";
import { SliceBar } from "./slice-bar";
import classes from "./station.module.css";
import { ReasonDialog } from "./station-dialogs";
import { ToolOptions } from "./tool-options";
import { ToolRail } from "./tool-rail";
import { TopBanners } from "./top-banners";
import { useConflict } from "./use-conflict";
import { useFinish } from "./use-finish";
import { useKeys } from "./use-keys";
import { useUpkeep } from "./use-upkeep";

/** One picture with the panels, two pictures, or the picture alone. */
type Layout = "panels" | "beside" | "picture";

const NEXT_LAYOUT: Readonly<Record<Layout, Layout>> = {
  panels: "beside",
  beside: "picture",
  picture: "panels",
};

type Dialog = "keys" | "skip" | "problem" | "instructions" | null;

interface StationPageProps {
  readonly opened: OpenedTask;
  /** Open the task anew, after it was lost. */
  readonly onReopen: () => void;
}

/** The station: thin. Everything it shows lives in viewer-core, everything it does is a command. */
export function StationPage({ opened, onReopen }: StationPageProps) {
  const { open, station, places, firstIndex } = opened;
  const [dialog, setDialog] = useState<Dialog>(null);
  const [showsHistory, setShowsHistory] = useState(false);
  const [layout, setLayout] = useState<Layout>("panels");
  const [besideGrid, setBesideGrid] = useState(station.view.grid.id);
  const finish = useFinish(opened);
  const conflict = useConflict(opened);
  const { submit } = finish;
  const unsure = useMemo(() => unsureRange(open), [open]);
  const commands = useMemo(
    () =>
      stationCommands(station, places, {
        submit,
        toggleKeys: () => setDialog((shown) => (shown === "keys" ? null : "keys")),
        toggleHistory: () => setShowsHistory((shown) => !shown),
        cycleLayout: () => setLayout((now) => NEXT_LAYOUT[now]),
        skip: () => setDialog("skip"),
        report: () => setDialog("problem"),
        instructions: () => setDialog("instructions"),
        isLocked: () => open.lock !== null,
      }),
    [station, places, submit, open],
  );
  useKeys(station, commands);
  useUpkeep(opened);
  useEffect(() => exposeStation(station), [station]);
  useEffect(() => keepPreferences(station), [station]);
  useEffect(() => {
    document.title = `${open.task.label} · ${open.project.name} · Limn`;
  }, [open]);
  const close = () => setDialog(null);
  return (
    <main className={classes["station"]} data-layout={layout} aria-label="Annotate">
      <HeaderBar
        open={open}
        station={station}
        isSubmitting={finish.isBusy}
        onSubmit={finish.submit}
        onHistory={() => setShowsHistory((shown) => !shown)}
        onKeys={() => setDialog("keys")}
        onSkip={() => setDialog("skip")}
        onProblem={() => setDialog("problem")}
        onInstructions={() => setDialog("instructions")}
      />
      <ToolRail station={station} commands={commands} />
      <div className={classes["middle"]}>
        <TopBanners
          opened={opened}
          problems={finish.problems}
          onDismiss={finish.dismiss}
          conflict={conflict}
          onReopen={onReopen}
        />
        <div className={classes["pictures"]}>
          <PicturePane station={station} firstIndex={firstIndex} />
          {layout === "beside" && (
            <BesidePane station={station} gridId={besideGrid} onGrid={setBesideGrid} />
          )}
        </div>
      </div>
      <aside className={classes["side"]} aria-label="Labels">
        {showsHistory && (
          <HistoryPanel
            station={station}
            documentId={open.document.id}
            onRestore={conflict.restore}
          />
        )}
        <SegmentsPanel station={station} />
        <ProposalPanel station={station} />
        <ToolOptions station={station} />
        <ShapesPanel station={station} />
        <QuestionForm
          station={station}
          questions={open.schema.document.questions}
          problems={finish.problems}
        />
        <LookHere station={station} places={places} />
      </aside>
      <SliceBar station={station} places={places} unsure={unsure} />
      <KeysSheet commands={commands} opened={dialog === "keys"} onClose={close} />
      <Modal opened={dialog === "instructions"} onClose={close} title="Instructions" size="lg">
        <Markdown text={open.project.instructions || "This project has no instructions."} />
      </Modal>
      {dialog === "skip" && (
        <ReasonDialog
          title="Skip this task"
          question="Why? Somebody else may get it later."
          action="Skip"
          isRequired
          onClose={close}
          onConfirm={finish.skip}
        />
      )}
      {dialog === "problem" && (
        <ReasonDialog
          title="Report a problem"
          question="What is wrong with these images or this task?"
          action="Report"
          isRequired
          onClose={close}
          onConfirm={finish.report}
        />
      )}
    </main>
  );
}
