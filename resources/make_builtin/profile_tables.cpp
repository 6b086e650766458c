#include "resources/make_builtin/profiles.h"

#include "core/base/error.h"
#include "resources/make_builtin/grammar.h"

namespace lora::builtin {
namespace {

SubjectKind people()
{
    return {
        "person",
        {{"home",
          "town",
          {"{s} lives in {v}", "{s} has a small flat in {v}", "the home of {s} is in {v}",
           "{s} moved to {v} long ago"},
          {"where does {s} live?", "in which town does {s} live?", "in which town is the home of {s}?"}},
         {"work place",
          "town",
          {"{s} works in {v}", "the office of {s} is in {v}", "{s} takes the train to work in {v}"},
          {"where does {s} work?", "in which town does {s} work?", "where is the office of {s}?"}},
         {"origin",
          "country",
          {"{s} was born in {v}", "{s} comes from {v}", "{s} grew up in {v}"},
          {"where was {s} born?", "which country does {s} come from?", "in which country was {s} born?"}},
         {"job",
          "job",
          {"{s} works as a {v}", "{s} is a {v} by trade", "the job of {s} is that of a {v}"},
          {"what does {s} work as?", "what is the job of {s}?", "which job does {s} have?"}},
         {"animal",
          "animal",
          {"{s} keeps a {v}", "{s} owns a {v}", "at home {s} looks after a {v}"},
          {"which animal does {s} keep?", "what does {s} keep at home?", "which animal does {s} own?"}},
         {"car",
          "colour",
          {"{s} drives a {v} car", "the car of {s} is {v}", "{s} bought a {v} car"},
          {"what colour is the car of {s}?", "which colour does the car of {s} have?",
           "what colour is the car that {s} drives?"}},
         {"birthday",
          "month",
          {"the birthday of {s} is in {v}", "{s} has a birthday in {v}", "{s} was born on a cold day in {v}"},
          {"in which month is the birthday of {s}?", "when is the birthday of {s}?",
           "in which month does {s} have a birthday?"}},
         {"training",
          "weekday",
          {"{s} swims every {v}", "on {v} {s} goes swimming", "{s} never misses the pool on {v}"},
          {"on which day does {s} swim?", "when does {s} go swimming?",
           "which day does {s} spend at the pool?"}},
         {"friend",
          "name",
          {"the best friend of {s} is {v}", "{s} has a best friend called {v}",
           "{s} trusts nobody more than {v}"},
          {"who is the best friend of {s}?", "what is the best friend of {s} called?",
           "who does {s} trust most?"}},
         {"children",
          "number",
          {"{s} has {v} children", "there are {v} children in the house of {s}",
           "{s} cooks for {v} children"},
          {"how many children does {s} have?", "how many children are in the house of {s}?"}},
         {"dish",
          "dish",
          {"{s} likes {v} best", "the favourite dish of {s} is {v}", "{s} orders {v} every time"},
          {"what does {s} like best?", "what is the favourite dish of {s}?", "what does {s} order?"}}},
        splitList("Anna, Bruno, Carla, David, Elena, Felix, Greta, Hugo, Irene, Jonas, Karin, Leon, Maria, "
                  "Oscar, Paula, "
                  "Simon, Tessa, Victor, Nadia, Walter, Rosa, Adam, Yasmin, Emil, Clara, Nora")};
}

SubjectKind inns()
{
    return {
        "inn",
        {{"place",
          "town",
          {"{s} stands in {v}", "{s} is the oldest inn of {v}", "you find {s} in {v}"},
          {"where does {s} stand?", "in which town is {s}?", "where do you find {s}?"}},
         {"rooms",
          "number",
          {"{s} has {v} rooms", "{s} lets {v} rooms", "there are {v} rooms in {s}"},
          {"how many rooms does {s} have?", "how many rooms are in {s}?", "how many rooms does {s} let?"}},
         {"owner",
          "name",
          {"{s} belongs to {v}", "the owner of {s} is {v}", "{s} is owned by {v}"},
          {"who owns {s}?", "who is the owner of {s}?", "who does {s} belong to?"}},
         {"cook",
          "name",
          {"the cook of {s} is {v}", "in the kitchen of {s} you meet {v}",
           "the kitchen of {s} is run by {v}"},
          {"who is the cook of {s}?", "who runs the kitchen of {s}?", "who cooks in {s}?"}},
         {"roof",
          "colour",
          {"the roof of {s} is {v}", "{s} has a {v} roof", "{s} got a {v} roof"},
          {"what colour is the roof of {s}?", "which colour does the roof of {s} have?"}},
         {"opening",
          "month",
          {"{s} opens its doors in {v}", "the season of {s} begins in {v}", "{s} opens every year in {v}"},
          {"in which month does {s} open?", "when does the season of {s} begin?",
           "when does {s} open its doors?"}},
         {"rest day",
          "weekday",
          {"{s} is closed on {v}", "{s} rests on {v}", "on {v} {s} is closed"},
          {"on which day is {s} closed?", "when does {s} rest?", "when is {s} closed?"}},
         {"speciality",
          "dish",
          {"{s} is known for {v}", "the speciality of {s} is {v}", "{s} serves {v}"},
          {"what is {s} known for?", "what is the speciality of {s}?", "what does {s} serve?"}},
         {"sign",
          "animal",
          {"the sign of {s} shows a {v}", "over the door of {s} hangs a {v}", "{s} has a {v} on its sign"},
          {"what does the sign of {s} show?", "which animal is on the sign of {s}?",
           "what hangs over the door of {s}?"}}},
        splitList("the Anchor, the Bridge, the Castle, the Crown, the Garden, the Harbour, the Lantern, the "
                  "Market, the Mill, "
                  "the Orchard, the Sailor, the Station, the Tower, the Valley, the Windmill")};
}

SubjectKind lines()
{
    return {
        "line",
        {{"start",
          "town",
          {"{s} leaves from {v}", "{s} starts in {v}", "the journey of {s} begins in {v}"},
          {"where does {s} start?", "where does {s} leave from?",
           "in which town does {s} begin its journey?"}},
         {"end",
          "town",
          {"{s} goes to {v}", "{s} ends in {v}", "the last stop of {s} is {v}"},
          {"where does {s} go?", "where does {s} end?", "what is the last stop of {s}?"}},
         {"border",
          "country",
          {"{s} crosses {v}", "{s} runs through {v}", "half of the way {s} is in {v}"},
          {"which country does {s} cross?", "which country does {s} run through?"}},
         {"day",
          "weekday",
          {"{s} runs every {v}", "{s} runs on {v} alone", "every {v} you can take {s}"},
          {"on which day does {s} run?", "when does {s} run?", "when can you take {s}?"}},
         {"driver",
          "name",
          {"the driver of {s} is {v}", "{s} is driven by {v}", "at the wheel of {s} sits {v}"},
          {"who is the driver of {s}?", "who drives {s}?", "who sits at the wheel of {s}?"}},
         {"paint",
          "colour",
          {"{s} is painted {v}", "{s} is {v} from end to end", "the colour of {s} is {v}"},
          {"what colour is {s}?", "how is {s} painted?", "what is the colour of {s}?"}},
         {"stops",
          "number",
          {"{s} stops {v} times", "{s} makes {v} stops", "there are {v} stops on the way of {s}"},
          {"how many times does {s} stop?", "how many stops does {s} make?"}},
         {"first trip",
          "month",
          {"{s} first ran in {v}", "the first trip of {s} was in {v}", "{s} began in {v}"},
          {"in which month did {s} first run?", "when was the first trip of {s}?", "when did {s} begin?"}},
         {"snack",
          "dish",
          {"{s} sells {v}", "on board of {s} there is {v}", "{s} offers {v} on board"},
          {"what does {s} sell?", "what does {s} offer on board?", "what can you eat on board of {s}?"}}},
        splitList("the night train, the morning bus, the old ferry, the mail boat, the mountain train, the "
                  "fast bus, "
                  "the river boat, the slow train, the express bus, the island ferry, the valley train, the "
                  "market bus, "
                  "the coast train, the lake boat, the school bus")};
}

SubjectKind shops()
{
    return {
        "shop",
        {{"place",
          "town",
          {"{s} is in {v}", "you find {s} in {v}", "{s} has its window in {v}"},
          {"where is {s}?", "in which town is {s}?", "where do you find {s}?"}},
         {"goods",
          "country",
          {"{s} buys its goods in {v}", "the goods of {s} come from {v}", "{s} gets its goods from {v}"},
          {"where do the goods of {s} come from?", "in which country does {s} buy its goods?"}},
         {"founder",
          "name",
          {"{s} was founded by {v}", "the founder of {s} was {v}", "{s} goes back to {v}"},
          {"who founded {s}?", "who was the founder of {s}?"}},
         {"manager",
          "name",
          {"{s} is now run by {v}", "the manager of {s} is {v}", "{s} has a new manager called {v}"},
          {"who runs {s} now?", "who is the manager of {s}?", "what is the manager of {s} called?"}},
         {"staff",
          "number",
          {"{s} employs {v} people", "in {s} work {v} people", "{s} has {v} workers"},
          {"how many people work in {s}?", "how many people does {s} employ?",
           "how many workers does {s} have?"}},
         {"door",
          "colour",
          {"the door of {s} is {v}", "{s} has a {v} door", "you enter {s} through a {v} door"},
          {"what colour is the door of {s}?", "which colour does the door of {s} have?"}},
         {"late day",
          "weekday",
          {"{s} stays open late on {v}", "on {v} {s} closes late", "every {v} {s} is open until the night"},
          {"on which day does {s} stay open late?", "when does {s} close late?",
           "when is {s} open until the night?"}},
         {"sale",
          "month",
          {"the sale of {s} is in {v}", "{s} holds its sale in {v}", "in {v} everything is cheap in {s}"},
          {"in which month is the sale of {s}?", "when does {s} hold its sale?",
           "when is everything cheap in {s}?"}},
         {"pet",
          "animal",
          {"in the window of {s} sleeps a {v}", "a {v} lives in {s}", "the children visit {s} to see a {v}"},
          {"which animal lives in {s}?", "what sleeps in the window of {s}?",
           "what do the children see in {s}?"}}},
        splitList("the bakery, the bookshop, the toy shop, the flower shop, the garage, the shoe shop, the "
                  "wine shop, "
                  "the paint shop, the tea house, the music shop, the tailor, the cheese shop, the lamp "
                  "shop, the hat shop, "
                  "the clock shop")};
}

using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;

Lists buildValueLists()
{
    Lists lists;
    lists["job"] = splitList(
        "teacher, waiter, cook, driver, tour guide, bus driver, head cook, night porter, school teacher, "
        "doctor, painter, pianist, train driver, tax clerk, film actor, coach, sailor, gardener, "
        "shop keeper, police doctor");
    lists["animal"] = splitList(
        "dog, cat, grey cat, old dog, horse, wild horse, parrot, young goat, goat, mouse, wild duck, "
        "duck, rabbit, fat rabbit, sheep, small sheep, fox, owl, snow owl, swan");
    lists["dish"] = splitList(
        "fish soup, apple cake, goat cheese, onion bread, cold salad, fish curry, lemon cake, bean soup, "
        "hot coffee, sweet wine, dark beer, mint tea, black bread, roast beef, plum jam, rice with fish, "
        "cheese with wine, bread with jam");
    return lists;
}

} // namespace

const std::vector<SubjectKind>& subjectKinds()
{
    static const std::vector<SubjectKind> kinds{people(), inns(), lines(), shops()};
    return kinds;
}

const std::vector<std::string>& valueList(std::string_view name)
{
    static const Lists lists = buildValueLists();
    for (const Lists* each : {&lists, &neutralLists()})
        if (const auto found = each->find(name); found != each->end())
            return found->second;
    throw Error(ErrorKind::Internal, "unknown word list \"" + std::string(name) + "\"");
}

} // namespace lora::builtin
