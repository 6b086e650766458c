#include "resources/make_builtin/topics_task.h"

#include "resources/make_builtin/grammar.h"
#include "resources/make_builtin/lexicon.h"

#include <array>

namespace lora::builtin {
namespace {

struct TopicTable
{
    std::string_view name;
    std::string_view agents;
    std::string_view deeds;     ///< verb phrases; the verbs are shared by all topics
    std::string_view occasions; ///< noun phrases
    std::string_view followUps;
};

constexpr std::array<TopicTable, topicCount> topicTables{{
    {"world",
     "the minister, the president, the ambassador, the rebels, the parliament, the mayor, the police, the "
     "border guards, "
     "the voters, the opposition, the army, the general, the envoy, the senate",
     "signed a treaty with {country}, closed the border to {country}, won the vote in {town}, lost the vote "
     "by a hair, "
     "called an early election, opened talks with {country}, rejected the peace plan, sent troops to {town}, "
     "broke the ceasefire, released the prisoners, passed the law at the last reading, struck a deal with "
     "the rebels, "
     "held a march in {town}, left the party, joined the government, took the oath in {town}, "
     "attacked a convoy near {town}, recalled the envoy from {country}, banned the protest, freed the "
     "hostages, "
     "won a seat in the senate, lifted the curfew in {town}, recognised the new state, ran for office in "
     "{town}, "
     "set a date for the election, drew a new border, raised the flag in {town}, cut ties with {country}, "
     "tested a missile near {town}, played down the coup",
     "the election in {country}, the summit in {town}, the vote, the border dispute, the peace talks, "
     "the coup in {country}, the treaty, the protest march, the state visit",
     "voters will have the last word, {country} called for calm, troops stayed in their barracks, "
     "the opposition spoke of a scandal, diplomats were relieved, the borders remain open, a new cabinet is "
     "expected, "
     "the government refused to comment, thousands marched to the parliament"},
    {"sports",
     "the striker, the goalkeeper, the coach, the referee, the champion, the sprinter, the captain, the "
     "visitors, "
     "the home side, the rovers, the swimmer, the cyclist, the defender, the league",
     "signed for {town} united, closed the gap to the leaders, won the final in {town}, lost the final by a "
     "hair, "
     "called for a penalty, opened the score in {town}, rejected the offer of the rovers, sent the keeper "
     "the wrong way, "
     "broke the record over a mile, released three players, passed the ball into the net, struck the post at "
     "the last minute, "
     "held a draw in {town}, left the pitch, joined the rovers, took the lead in {town}, "
     "attacked from the first minute, recalled the old captain, banned the defender, freed the winger on the "
     "left, "
     "won a place in the semi final, lifted the cup in {town}, saved the last shot, ran a lap of honour, "
     "set a new best time, drew with {town} united, raised the pace on the climb, cut inside and scored, "
     "tested the keeper twice, played the return match",
     "the cup final in {town}, the derby, the match, the penalty shoot-out, the race, the relegation battle, "
     "the tournament in {country}, the transfer, the marathon",
     "fans sang all night, the return match is on {weekday}, the table remains tight, a replay may be "
     "needed, "
     "the stadium was sold out, the coach praised the defence, injuries remain a worry, the crowd went wild, "
     "the medal was the first for {country}"},
    {"business",
     "the company, the bank, the investors, the airline, the retailer, the chief executive, the carmaker, "
     "the shareholders, the brewery, the insurer, the broker, the start-up, the owners, the exporters",
     "signed a contract with a supplier, closed the plant in {town}, won the order from {country}, lost "
     "customers by the thousand, "
     "called in the loan, opened a branch in {town}, rejected the takeover, sent the shares higher, "
     "broke the sales record, released the quarterly figures, passed the costs to the customers, struck a "
     "deal on wages, "
     "held the dividend, left the market, joined the price war, took over a rival in {town}, "
     "attacked the market leader, recalled {number} thousand cars, banned bonuses, freed cash for a merger, "
     "won a share of the market, lifted the forecast, saved on packaging, ran a loss in {country}, "
     "set a price for the shares, drew on a credit line, raised the interest rate, cut {number} hundred "
     "jobs, "
     "tested a cheaper brand, played for time in the merger",
     "the takeover, the merger, the share sale, the strike at the plant, the rate decision, the bankruptcy "
     "in {town}, "
     "the annual meeting, the price war, the trade fair in {town}",
     "shares closed higher, analysts had expected more, the dividend remains unchanged, the union fears for "
     "jobs, "
     "the markets took it calmly, profits are expected to fall, the price of oil slipped, creditors will "
     "meet on {weekday}, "
     "turnover grew in {country}"},
    {"science",
     "the researchers, the astronomers, the biologist, the laboratory, the physicists, the engineers, the "
     "institute, "
     "the geologist, the chemists, the doctors, the botanist, the probe, the explorers, the professor",
     "signed off the vaccine, closed a gap in the fossil record, won time on the telescope, lost the signal "
     "of the probe, "
     "called the virus harmless, opened a cave near {town}, rejected the theory, sent a probe to the moon, "
     "broke the molecule apart, released the genome data, passed a beam through the cell, struck ice below "
     "the crater, "
     "held the atoms at rest, left the orbit, joined the glacier expedition, took samples in {town}, "
     "attacked the bacteria with a new drug, recalled the faulty satellite, banned a toxin from the "
     "laboratory, "
     "freed the enzyme from the cell, won insight into the brain, lifted a fossil from the lake, saved the "
     "species, "
     "ran the experiment in {town}, set a trap for neutrinos, drew a map of the brain, "
     "raised mice without the gene, cut the gene out of the plant, tested the vaccine in {country}, "
     "played whale songs to dolphins",
     "the eclipse, the launch of the probe, the experiment, the vaccine trial in {town}, the discovery of "
     "the fossil, "
     "the comet, the physics congress in {town}, the measurement, the expedition",
     "the results await confirmation, the data are open to all, other laboratories will repeat it, the "
     "method is new, "
     "the sample was small, the findings surprised experts, the paper appears on {weekday}, a second probe "
     "will follow, "
     "the cause is still unknown"},
    {"culture",
     "the orchestra, the painter, the author, the museum, the singer, the band, the actor, the gallery, the "
     "poet, "
     "the theatre, the pianist, the sculptor, the dancers, the publisher",
     "signed copies of the novel, closed the show in {town}, won the prize for the best novel, lost the "
     "manuscript, "
     "called off the concert, opened the exhibition in {town}, rejected the script, sent the audience home "
     "in tears, "
     "broke into song on stage, released a live album, passed the baton to the pianist, struck the last "
     "chord, "
     "held a reading in {town}, left the stage, joined the choir, took the lead role in {town}, "
     "attacked the critics in a poem, recalled the silent films, banned cameras from the gallery, "
     "freed the ballet from routine, won over the critics, lifted the curtain in {town}, saved the old "
     "theatre, "
     "ran the festival in {country}, set the poems to music, drew a portrait of the queen, raised the tempo "
     "of the waltz, "
     "cut a scene from the opera, tested the new organ, played the overture twice",
     "the premiere in {town}, the concert, the exhibition, the book fair in {country}, the festival, the "
     "opera, "
     "the auction of the portrait, the reading, the film prize",
     "critics were delighted, tickets are sold out, the audience rose to its feet, the novel is in its "
     "{ordinal} edition, "
     "the tour goes on to {country}, the paintings date from his youth, a film version is planned, "
     "the applause lasted for minutes, the album appears on {weekday}"},
}};

/// Agents that may do anything.
constexpr std::string_view sharedAgents[] = {"the team",
                                             "the committee",
                                             "the chairman",
                                             "the veterans",
                                             "the newcomers",
                                             "the favourites",
                                             "a group from {town}",
                                             "{name}",
                                             "{name} and {name}",
                                             "the director",
                                             "the star",
                                             "the board",
                                             "the association",
                                             "the delegation from {country}",
                                             "the youngest member",
                                             "the old hands"};

struct ReportFrame
{
    std::string_view pattern;
    bool isReserved = false;
};

/// {main} and {other} are clauses, {occasion} and {other occasion} noun phrases; "main" and "occasion"
/// decide.
constexpr ReportFrame frames[] = {
    {"{main}"},
    {"while {other}, {main}"},
    {"{main} while {other}"},
    {"{main}, an hour after {other}"},
    {"a day before {other}, {main}"},
    {"as {other}, {main}"},
    {"{main}, just as {other}"},
    {"on the day of {other occasion}, {main}"},
    {"{main} on the eve of {other occasion}"},
    {"{main}, in the shadow of {other occasion}"},
    {"in spite of {other occasion}, {main}"},
    {"forget {other occasion}: {main}"},
    {"{main}, and {other occasion} had to wait"},
    {"it was {occasion}, not {other occasion}, that filled the front pages"},
    {"it was not {other occasion} but {occasion} that filled the front pages"},
    {"the talk in {town} is of {occasion} and no longer of {other occasion}"},
    {"the talk in {town} is no longer of {other occasion} but of {occasion}"},
    {"instead of {other occasion}, {town} saw {occasion}"},
    {"{town} saw {occasion} instead of {other occasion}"},
    {"it felt like {other occasion} when {main}"},
    {"{main}, which felt like {other occasion}"},
    {"few noticed that {other}, for {main}"},
    {"{main}, so that few noticed that {other}"},
    {"long after {other}, {main}", true},
    {"{main} instead of {other occasion}", true},
};

constexpr double sharedAgentShare = 0.75;
constexpr double mislabelledShare = 0.02; ///< wrongly filed reports, in both splits
constexpr std::size_t reservedEvery = 6;  ///< every sixth deed is kept out of the training rows as main event

struct TopicWords
{
    std::vector<std::string> agents, deeds, occasions, followUps;
};

const TopicWords& wordsOf(int topic)
{
    static const std::vector<TopicWords> words = [] {
        std::vector<TopicWords> all;
        for (const TopicTable& table : topicTables)
            all.push_back({splitList(table.agents), splitList(table.deeds), splitList(table.occasions),
                           splitList(table.followUps)});
        return all;
    }();
    return words[static_cast<std::size_t>(topic)];
}

struct Happening
{
    std::string text;
    bool isReserved = false;
};

Happening happening(int topic, Rng& rng)
{
    const TopicWords& words = wordsOf(topic);
    const std::string agent =
        chance(sharedAgentShare, rng) ? std::string(pick(sharedAgents, rng)) : pick(words.agents, rng);
    const std::size_t deed = rng.below(words.deeds.size());
    return {agent + " " + words.deeds[deed], deed % reservedEvery == reservedEvery - 1};
}

int anotherTopic(int topic, Rng& rng)
{
    return (topic + 1 + static_cast<int>(rng.below(topicCount - 1))) % topicCount;
}

} // namespace

std::string topicName(int topic)
{
    return std::string(topicTables[static_cast<std::size_t>(topic)].name);
}

Report writeReport(int topic, Rng& rng)
{
    const int background = anotherTopic(topic, rng);
    const ReportFrame& frame = pick(frames, rng);
    const Happening main = happening(topic, rng);
    const std::string text =
        fillSlots(frame.pattern, {{"main", main.text},
                                  {"other", happening(background, rng).text},
                                  {"occasion", pick(wordsOf(topic).occasions, rng)},
                                  {"other occasion", pick(wordsOf(background).occasions, rng)}});
    const bool isMainUsed = frame.pattern.find("{main}") != std::string_view::npos;
    return {finishSentence(expandNeutral(text, rng)), topic,
            frame.isReserved || (isMainUsed && main.isReserved)};
}

std::string writeBrief(int topic, Rng& rng)
{
    const std::string first = finishSentence(expandNeutral(happening(topic, rng).text, rng));
    return first + " " + finishSentence(expandNeutral(happening(topic, rng).text, rng));
}

std::string writeFollowUp(int topic, Rng& rng)
{
    return finishSentence(expandNeutral(pick(wordsOf(topic).followUps, rng), rng));
}

LabelledText writeTopicRow(Split split, Rng& rng)
{
    Report report;
    do {
        report = writeReport(static_cast<int>(rng.below(topicCount)), rng);
    } while (split == Split::Train && report.isReserved);
    const int filedAs = chance(mislabelledShare, rng) ? anotherTopic(report.topic, rng) : report.topic;
    return {report.text, topicName(filedAs)};
}

} // namespace lora::builtin
