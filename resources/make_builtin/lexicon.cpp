#include "resources/make_builtin/lexicon.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace lora::builtin {
namespace {

struct DomainTable
{
    std::string_view aspects;
    std::string_view goodEvents;
    std::string_view badEvents;
    std::string_view settings;
    std::string_view wholes;
};

constexpr std::array<DomainTable, domainCount> domainTables{{
    // Restaurant
    {"soup, beer, lemonade, coffee, tea, bread, steak, sauce, salad, dessert, cake, menu, waiter, portion, "
     "queue, bill, "
     "music, table, kitchen, wine, fish, curry, crust, cheese, knife, plate, glass, tip, candle, welcome, "
     "smell, lunch",
     "the waiter remembered our names, the cook came out to greet us, we asked for a second helping, "
     "the dessert was on the house, our glasses were never empty, the children ate everything, "
     "we stayed until they closed, we booked again on the way out, the owner gave us the best table, "
     "my plate was clean in minutes",
     "the waiter forgot our order, the cook shouted at the guests, we left half of it on the plate, "
     "there was a hair in the dessert, our glasses stayed empty all night, the children refused to eat, "
     "we left before the main course, we cancelled our next booking, the owner put us beside the toilet, "
     "my stomach hurt for days",
     "we ate there on a {weekday}, my {relative} chose this restaurant, it was our first dinner in {town}, "
     "we came in with {number} friends, they opened last {month}, we sat near the window, "
     "I had the set menu, we walked in from the street",
     "place, restaurant, dinner, meal, evening"},
    // Hotel
    {"room, bed, pillow, mattress, shower, pool, lobby, corridor, breakfast, view, towel, window, street, "
     "lift, carpet, "
     "heating, walk, minibar, curtain, wall, blanket, bath, ceiling, deposit, balcony, beach, alarm, lock, "
     "neighbour, "
     "lamp, draught, garden, car park",
     "the porter carried every bag, they gave us a better room for free, we slept like babies, "
     "the maid left flowers on the desk, the manager kept his word, we could see the sea from bed, "
     "they let us stay until the evening, the key worked at once, everything had been cleaned twice, "
     "we added another night",
     "the porter lost our bag, they gave our room to somebody else, we lay awake all night, "
     "the maid left hair in the sink, the manager broke his word, we could see only a wall, "
     "they threw us out before breakfast, the key broke in the door, nothing had been cleaned for weeks, "
     "we left a night early",
     "we stayed for {number} nights, my {relative} booked it for us, we arrived in {town} on a {weekday}, "
     "it was a business trip, we took a double room, we came here in {month}, it stands near the station, "
     "we were on the {ordinal} floor",
     "hotel, stay, place, night, visit"},
    // Screen
    {"plot, acting, ending, dialogue, soundtrack, villain, hero, pace, script, scene, joke, running time, "
     "cast, twist, "
     "picture, camera work, costume, humour, character, audience, chapter, prose, print, cover, narrator, "
     "style, story, "
     "melody, subtitle, opening, voice",
     "we laughed until the end, the whole room applauded, I wanted to see it again at once, "
     "my {relative} cried for joy, nobody looked at the clock, I forgot the time, the hero stole every "
     "scene, "
     "it stayed with me for weeks, I bought it for all my friends, the last page came too soon",
     "we yawned until the end, the whole room groaned, I wanted my money back at once, "
     "my {relative} fell asleep, everybody looked at the clock, I counted the minutes, the hero forgot his "
     "lines, "
     "I had forgotten it the next day, I gave it to the bin, the last page came as a relief",
     "we saw it on a {weekday}, my {relative} lent it to me, it came out last {month}, it is set in {town}, "
     "it is the {ordinal} part of the series, I took my {relative} along, it was shown in the old cinema, "
     "I read it on the train",
     "film, book, show, evening, sequel"},
    // Gadget
    {"battery life, screen, keyboard, fan, charger, speaker, cable, case, setup, manual, loading time, "
     "update, camera, "
     "button, price, processor, microphone, signal, resolution, volume, guarantee, laptop, suitcase, tent, "
     "headset, "
     "plastic, vibration, picture, software, light, crash, edge, battery",
     "it survived a fall down the stairs, it found my network at once, it still works after {number} years, "
     "the battery lasted the whole trip, my {relative} wants one too, it saved me hours every week, "
     "the last update fixed everything, it did what the box says, I threw my old one away, it starts in a "
     "second",
     "it broke after a fall from the sofa, it never found my network, it died after {number} weeks, "
     "the battery was dead by noon, my {relative} laughed at it, it cost me hours every week, "
     "the last update broke everything, it did nothing that the box says, I went back to my old one, "
     "it takes minutes to start",
     "I bought it in {month}, my {relative} gave it to me, I use it at work, I ordered the {colour} one, "
     "I have had it for {number} weeks, I took it with me to {town}, it is the {ordinal} one that I own, "
     "it came in a {colour} box",
     "phone, device, thing, purchase, machine"},
    // Journey
    {"seat, ticket, journey, driver, legroom, boarding, delay, carriage, connection, toilet, snack, bus, "
     "ferry, flight, "
     "road, traffic, fare, guide, schedule, stop, crew, landing, suitcase, tour, station, fog, announcement, "
     "speed, "
     "holiday, sunset, crowd",
     "we arrived before time, the crew brought us blankets, the guide knew every stone, our bags came out "
     "first, "
     "we made every connection, the children enjoyed every minute, they moved us to the first class, "
     "the driver waited for my {relative}, the captain made us laugh, we saw more than we had paid for",
     "we arrived hours late, the crew ignored us, the guide got lost, our bags went to {town}, "
     "we missed every connection, the children cried all the way, they moved us to the last row, "
     "the driver left without my {relative}, the captain frightened us, we saw half of what we had paid for",
     "we travelled on a {weekday}, my {relative} had the window seat, we went from {town} to {town}, "
     "we left in the {daytime}, we flew in {month}, we were {number} people, we took the early train, "
     "it was our {ordinal} time on this line",
     "trip, journey, tour, ride, line"},
    // Shop
    {"delivery, repair, refund, parcel, salesman, hotline, wait, invoice, form, fee, haircut, wrapping, "
     "discount, shelf, "
     "paint, scratch, stain, furniture, fabric, glue, ladder, instruction, answer, offer, cost, crack, "
     "mistake, "
     "inbox, shop, stock, drip, hole",
     "the salesman told me the truth, they answered within the hour, the parcel came a day early, "
     "they repaired it for nothing, they paid me back at once, everything fitted at first try, "
     "they sent a gift along, the right part lay in the box, they rang to ask if I was happy, "
     "I left with a smile",
     "the salesman lied to me, they never answered, the parcel came a month late, "
     "they charged me for nothing, they kept my money, nothing fitted at all, they sent me somebody else's "
     "order, "
     "the wrong part lay in the box, they hung up on my {relative}, I left in a rage",
     "I ordered it in {month}, my {relative} works nearby, I went to their shop in {town}, "
     "I called them on a {weekday}, they have been here for {number} years, I needed a {colour} one, "
     "I wrote to them in the {daytime}, it was my {ordinal} order",
     "shop, service, firm, order, store"},
}};

struct ContextTable
{
    std::string_view adjective;
    std::string_view goodFor;
    std::string_view badFor;
};

/// Adjectives whose judgement depends on what they are said of.
constexpr ContextTable contextTables[] = {
    {"cold", "beer, lemonade, wine, glass",
     "soup, coffee, tea, steak, curry, room, shower, welcome, pool, bath, toilet"},
    {"hot", "soup, coffee, tea, shower, curry, bath, plate",
     "room, beer, carriage, charger, lemonade, lobby, bus, laptop"},
    {"warm", "welcome, bread, pool, towel, blanket, voice, bath",
     "beer, wine, lemonade, salad, charger, battery"},
    {"long", "battery life, guarantee, menu, cable, holiday, walk, beach, answer",
     "queue, delay, wait, journey, running time, manual, loading time, boarding, form, announcement, "
     "opening"},
    {"short", "queue, delay, wait, loading time, boarding, form, manual, journey, stop",
     "battery life, guarantee, cable, bed, menu, holiday, breakfast, answer, towel, blanket"},
    {"small", "bill, delay, charger, case, fee, deposit, mistake, scratch, stain, crowd, hole",
     "room, portion, bed, screen, seat, print, table, refund, discount, window, shelf, tip, glass"},
    {"big", "room, portion, screen, bed, window, refund, discount, table, balcony, pool, garden",
     "bill, delay, fee, charger, crowd, deposit, stain, mistake, hole, cost, crack"},
    {"loud", "speaker, alarm, audience, microphone, volume, headset",
     "street, fan, neighbour, music, carriage, heating, lobby, lift"},
    {"quiet", "room, fan, street, carriage, heating, keyboard, neighbour, lift",
     "speaker, alarm, microphone, audience, headset, voice"},
    {"thick", "carpet, towel, wall, steak, blanket, curtain, cheese",
     "fog, traffic, cable, case, manual, smell, glass"},
    {"thin", "case, crust, laptop, screen, cable",
     "wall, towel, plot, mattress, sauce, soup, blanket, plastic, curtain, cover"},
    {"soft", "pillow, towel, bread, seat, landing, light, voice, fabric",
     "crust, mattress, picture, plastic, button, knife"},
    {"hard", "case, cheese, cover, edge", "bed, bread, pillow, seat, landing, steak, cake"},
    {"sharp", "knife, picture, screen, dialogue, camera, humour", "smell, edge, answer, stop, voice, cheese"},
    {"high", "ceiling, resolution, speed, balcony, discount, refund",
     "price, fee, deposit, bill, fare, cost, volume, shelf"},
    {"low", "price, fee, deposit, fare, cost, bill, edge",
     "ceiling, resolution, speed, volume, discount, tip, refund"},
    {"fast", "delivery, repair, charger, processor, refund, boarding, lift, connection, waiter, update",
     "narrator, subtitle, driver, guide, dialogue, announcement"},
    {"slow", "sunset, melody, dessert, walk",
     "delivery, repair, charger, processor, refund, lift, waiter, update, hotline, plot, ferry"},
    {"light", "suitcase, laptop, tent, lunch, headset, dessert, ladder, style",
     "curtain, blanket, portion, lock, furniture, coffee"},
    {"heavy", "curtain, lock, discount, blanket, furniture",
     "suitcase, laptop, tent, headset, traffic, prose, dessert, lunch, bill"},
    {"dark", "curtain, beer, bread, humour, wine",
     "corridor, room, street, picture, car park, lobby, scene, stain"},
    {"bright", "room, screen, kitchen, corridor, lamp, lobby, opening", "light, alarm, street, edge, stain"},
    {"strong", "coffee, signal, cast, glue, cable, ending, lock, tea, script",
     "smell, draught, vibration, fog, drip"},
    {"weak", "draught, vibration, smell, villain",
     "coffee, signal, plot, ending, tea, lock, script, cast, glue, battery"},
    {"empty", "beach, carriage, pool, road, car park, inbox, queue, ferry",
     "minibar, shelf, battery, plate, glass, dialogue, plot, bus"},
    {"full", "glass, plate, shelf, minibar, schedule, refund, stock, battery",
     "carriage, car park, beach, lobby, inbox, bus, ferry, pool"},
    {"dry", "wine, humour, towel, tent, wall, fabric", "bread, cake, steak, prose, fish, dialogue, salad"},
    {"damp", "cake, sauce", "towel, tent, carpet, bed, wall, pillow, blanket, seat"},
    {"old", "wine, cheese, garden, melody, tour",
     "bread, fish, mattress, carpet, joke, processor, software, bus, paint, news"},
    {"fresh", "bread, fish, towel, paint, salad, air, joke, idea", "scratch, stain, crack, mistake, hole"},
    {"predictable", "schedule, bill, bus, cost, fare, connection",
     "plot, ending, joke, villain, twist, script, menu"},
    {"surprising", "plot, ending, twist, dessert, melody, discount",
     "bill, fee, cost, invoice, stop, crash, delay"},
    {"simple", "menu, setup, repair, instruction, form, button, invoice",
     "character, dialogue, villain, costume, breakfast, plot"},
    {"complicated", "villain, character, twist, melody",
     "setup, form, refund, bill, instruction, invoice, menu, lock, boarding"},
    {"cheap", "ticket, wine, repair, flight, lunch, fare, cable",
     "plastic, carpet, joke, furniture, costume, picture, glue, fabric, twist"},
    {"deep", "pool, bath, voice, carpet, character, shelf", "scratch, hole, stain, crack, fog"},
    {"shallow", "scratch, crack, hole", "plot, character, bath, pool, villain, shelf, dialogue"},
    {"steady", "signal, table, picture, ladder, speed, connection, pace", "drip, vibration, delay, fog"},
    {"rare", "steak, delay, crash, mistake, breakdown, cheese",
     "bus, refund, discount, ferry, connection, offer, waiter"},
    {"frequent", "bus, ferry, connection, update, offer, flight",
     "delay, crash, stop, mistake, announcement"},
    {"flat", "screen, road, bed, cable",
     "beer, lemonade, joke, battery, acting, ending, character, dialogue, tour"},
    {"bitter", "beer, coffee, humour, tea", "cake, lemonade, dessert, sauce, salad, ending"},
    {"sweet", "dessert, cake, lemonade, wine, ending", "soup, steak, salad, curry, beer, fish"},
    {"wild", "garden, beach, plot, salad, twist", "driver, neighbour, paint, bus, landing, crowd"},
    {"tame", "neighbour, crowd, draught, landing", "villain, curry, ending, script, humour, twist"},
    {"constant", "speed, heating, signal, pace", "delay, drip, draught, announcement, vibration, crash"},
    {"foreign", "cheese, wine, cast, menu", "smell, invoice, manual, hotline, hair"},
    {"narrow", "edge, crack, case", "bed, seat, corridor, bath, road, balcony, lift, legroom"},
    {"wide", "bed, seat, road, screen, balcony, corridor, view, legroom", "crack, hole, edge, delay"},
    {"hidden", "garden, beach, speaker, cable, twist",
     "fee, cost, stain, button, scratch, light switch, mistake"},
    {"obvious", "button, instruction, stop, answer", "twist, ending, mistake, villain, stain, joke, scratch"},
    {"endless", "view, beach, battery life, holiday, stock",
     "queue, delay, wait, form, announcement, opening, manual"},
};

constexpr std::string_view generalGood = "wonderful, delightful, excellent, lovely, brilliant, charming, "
                                         "superb, great, pleasant, splendid, fantastic, "
                                         "impressive, enjoyable, beautiful, perfect, marvellous, decent, "
                                         "good, nice, remarkable, satisfying, refreshing, "
                                         "elegant, convincing, outstanding";
constexpr std::string_view generalBad = "awful, terrible, dreadful, dull, horrible, bad, poor, "
                                        "disappointing, tedious, unpleasant, annoying, mediocre, "
                                        "clumsy, boring, ugly, useless, shabby, ghastly, tiresome, pathetic, "
                                        "sloppy, frustrating, miserable, lousy, sorry";
constexpr std::string_view goodThings = "comfort, charm, care, warmth, fun, patience, style, taste, "
                                        "kindness, elegance, quality, order, imagination, "
                                        "respect, joy, skill, wit, harmony, luxury, honesty, freedom, talent";
constexpr std::string_view badThings =
    "noise, dust, clutter, trouble, dirt, chaos, rust, stress, greed, boredom, mould, pain, confusion, fuss, "
    "nonsense, smoke, waste, fear, anger, rudeness, damage, rubbish";

void addEvents(std::vector<Event>& events, std::string_view list, int value)
{
    for (std::string& text : splitList(list))
        events.push_back({std::move(text), value});
}

void addQualities(Aspect& aspect)
{
    for (const ContextTable& table : contextTables) {
        const auto names = [&](std::string_view list) {
            const auto nouns = splitList(list);
            return std::find(nouns.begin(), nouns.end(), aspect.noun) != nouns.end();
        };
        if (names(table.goodFor))
            aspect.qualities.push_back({std::string(table.adjective), good, true});
        if (names(table.badFor))
            aspect.qualities.push_back({std::string(table.adjective), bad, true});
    }
}

DomainWords domainWords(const DomainTable& table)
{
    DomainWords words;
    for (std::string& noun : splitList(table.aspects)) {
        Aspect aspect{std::move(noun), {}};
        addQualities(aspect);
        words.aspects.push_back(std::move(aspect));
    }
    addEvents(words.events, table.goodEvents, good);
    addEvents(words.events, table.badEvents, bad);
    words.settings = splitList(table.settings);
    words.wholes = splitList(table.wholes);
    return words;
}

Lexicon buildLexicon()
{
    Lexicon result;
    for (const DomainTable& table : domainTables)
        result.domains.push_back(domainWords(table));
    result.generalGood = splitList(generalGood);
    result.generalBad = splitList(generalBad);
    result.goodThings = splitList(goodThings);
    result.badThings = splitList(badThings);
    return result;
}

} // namespace

const Lexicon& lexicon()
{
    static const Lexicon instance = buildLexicon();
    return instance;
}

std::vector<std::string> splitList(std::string_view list, char separator)
{
    std::vector<std::string> items;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(separator), list.size());
        std::string_view item = list.substr(0, end);
        while (!item.empty() && item.front() == ' ')
            item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ')
            item.remove_suffix(1);
        if (!item.empty())
            items.emplace_back(item);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return items;
}

} // namespace lora::builtin
