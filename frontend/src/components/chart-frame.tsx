import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { type ReactNode, useRef } from "react";

import { downloadChart, downloadTable, type Table } from "@/lib/downloads";

import surfaces from "./surfaces.module.css";

interface ChartFrameProps {
  /** The question the chart answers. */
  readonly question: string;
  readonly hint?: ReactNode;
  readonly fileName: string;
  readonly table: Table;
  readonly children: ReactNode;
}

/** A chart under its question, which can be taken away as picture and as table. */
export function ChartFrame({ question, hint, fileName, table, children }: ChartFrameProps) {
  const body = useRef<HTMLDivElement>(null);
  const isEmpty = table.rows.length === 0;
  return (
    <section className={surfaces["panel"]} aria-label={question}>
      <div style={{ display: "flex", alignItems: "flex-start", justifyContent: "space-between" }}>
        <div>
          <h2 className={surfaces["panelTitle"]}>{question}</h2>
          <p className={surfaces["panelHint"]}>{hint}</p>
        </div>
        {!isEmpty && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Tooltip label="Download">
                <ActionIcon aria-label={`Download: ${question}`}>
                  <IconDownload size={17} stroke={1.6} />
                </ActionIcon>
              </Tooltip>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => body.current && downloadChart(body.current, fileName)}>
                Picture (SVG)
              </Menu.Item>
              <Menu.Item onClick={() => downloadTable(table, fileName)}>Table (CSV)</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <div ref={body}>{children}</div>
    </section>
  );
}
