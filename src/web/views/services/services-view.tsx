/** All services, those that need a person first. */
import { useState } from "preact/hooks";
import { useApp, useLive } from "../../app-context.ts";
import { byUrgency, toneOf, verdictOf } from "../service/verdict.ts";
import { ServiceCard } from "./service-card.tsx";

/** With a list as long as one screen there is nothing to search. */
const filterFrom = 6;

export function ServicesView() {
  const { text, formats } = useApp();
  const { services, hello } = useLive();
  const [filter, setFilter] = useState("");
  const all = [...services.values()].sort(byUrgency);
  const shown = all.filter(({ service }) => service.includes(filter.trim()));
  const urgent = all.filter((each) => ["bad", "warn"].includes(toneOf(verdictOf(each)))).length;
  if (hello === null) return <p class="quiet">{text.page.loading}</p>;
  if (all.length === 0) return <p class="card">{text.services.none}</p>;
  return (
    <>
      <div class="list-head">
        <p>
          {text.services.count(formats.count(all.length))} ·{" "}
          {urgent === 0 ? (
            text.services.calm
          ) : (
            <b>{text.services.attention(formats.count(urgent))}</b>
          )}
        </p>
        {(all.length >= filterFrom || filter !== "") && (
          <label class="field inline">
            <span>{text.services.filter}</span>
            <input
              type="search"
              data-control="filter"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </label>
        )}
      </div>
      {shown.length === 0 && <p class="card">{text.services.noMatch}</p>}
      <ul class="cards">
        {shown.map((summary) => (
          <li key={summary.service}>
            <ServiceCard summary={summary} />
          </li>
        ))}
      </ul>
    </>
  );
}
